const WORDS = ['anchor', 'basket', 'candle', 'dragon', 'engine', 'feather', 'guitar', 'hammer', 'island', 'jacket'];
const TENANTS = ['alder', 'birch', 'cedar'];

/** Ten tasks of three tenants; what each is about stands in its own question, source and answer, and nowhere else. */
export const TEN_TASKS = Object.fromEntries(
  WORDS.flatMap((word, i) => {
    const task = {
      ...{ name: word, tenant: TENANTS[i % TENANTS.length], input: `Where is the ${word} kept?` },
      ...{ fixtures: [`${word}_v1`], must_include: [`shelf ${word}`], answer: `It is on shelf ${word}.` },
    };
    const source = `# ${word}s\n\n${['box', 'room', 'wall', 'door', 'rack', 'hall'].map((place) => word + place).join(', ')}\n`;
    return [
      [`my-tasks/${word}.json`, JSON.stringify(task)],
      [`my-tasks/sources/${word}_v1.md`, source],
    ];
  }),
);

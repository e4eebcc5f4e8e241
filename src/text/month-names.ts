const LANGUAGES = ['de', 'fr', 'es', 'it', 'nl', 'pt', 'da', 'sv', 'pl'];
const MONTH_MS = 2_629_746_000;

const bare = (name: string) => name.toLowerCase().replace(/\.$/, '');

function monthsOf(language: string, month: 'long' | 'short'): string[] {
  const format = new Intl.DateTimeFormat(language, { day: 'numeric', month, timeZone: 'UTC' });
  return Array.from({ length: 12 }, (_, i) => {
    const parts = format.formatToParts((i + 0.5) * MONTH_MS);
    return parts.find(({ type }) => type === 'month')?.value ?? '';
  });
}

let names: ReadonlyMap<string, string> | undefined;

/** Names of months as these languages write them in a date, with what English calls them. */
function english(): ReadonlyMap<string, string> {
  const months = monthsOf('en', 'long');
  names ??= new Map(
    LANGUAGES.flatMap((language) =>
      (['long', 'short'] as const).flatMap((style) =>
        monthsOf(language, style).map((name, i) => [bare(name), months[i] ?? ''] as const),
      ),
    ),
  );
  return names;
}

/** A date as English writes it: `14. März 2026` and `14 de marzo de 2026` are 14 March 2026. */
export const inEnglish = (date: string): string =>
  date
    .replace(/(\d)\.(?= \p{L})/u, '$1')
    .replace(/ de (?=[\p{L}\d])/gu, ' ')
    .replace(/\p{L}{3,}\.?/u, (name) => english().get(bare(name)) ?? name);

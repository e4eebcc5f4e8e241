import { describe, expect, it } from 'vitest';
import { proseOf } from './prose.ts';

const ANSWER = 'Three lamps are left in the shop.';
const FIELDS = JSON.stringify({ answer: ANSWER, confidence: 'high' });

describe('what a reply says', () => {
  it.each([
    ['as it is', (text: string) => text],
    ['in a fence', (text: string) => `\`\`\`json\n${text}\n\`\`\``],
    ['behind its thoughts', (text: string) => `<think>\nWhat is left? {"lamps": 3}\n</think>\n\n${text}`],
    ['behind thoughts, in a fence', (text: string) => `<thinking>So.</thinking>\n\`\`\`\n${text}\n\`\`\`\n`],
  ])('is the same %s', (_, put) => {
    expect(proseOf(put(ANSWER))).toEqual([ANSWER]);
    expect(proseOf(put(FIELDS))).toEqual([ANSWER]);
  });

  it('is in the fields where words stand before them, and all of it where the fields say nothing', () => {
    expect(proseOf(`Here it is:\n\n${FIELDS}`)).toEqual([ANSWER]);
    expect(proseOf('Set {"lamps": 3} in the file.')).toEqual(['Set {"lamps": 3} in the file.']);
    expect(proseOf('Here it is: {"lamps": 3}')).toEqual(['Here it is: {"lamps": 3}']);
    expect(proseOf(' ')).toEqual([]);
  });
});

import { expect, test } from 'vitest';
import { DrillError } from '../core/errors.ts';
import { isRecord } from '../text/json.ts';
import { schemaProblems } from './output-schema.ts';
import { readUserFile } from './read-file.ts';
import { problemsOf, Scratch } from './scratch.fixture.ts';

function problems(schema: string): string[] {
  using scratch = new Scratch();
  const { data, place } = readUserFile(scratch.write('answer.schema.json', schema));
  if (!isRecord(data)) return expect.fail('no mapping');
  return problemsOf(() => {
    throw new DrillError(schemaProblems(data, place));
  });
}

test('a sound schema, with remarks, references and a pattern', () => {
  expect(
    problems(`{
  "title": "T", "x-team": { "pattern": "(" }, "type": ["object", "null"],
  "properties": { "pattern": { "$ref": "#/$defs/id" }, "any": true, "list": { "prefixItems": [{ "const": 1 }] } },
  "$defs": { "id": { "type": "string", "pattern": "^(a+)+$" } }
}`),
  ).toEqual([]);
});

test.each([
  [
    '{ "type": "object",\n"properties": { "a": { "type": "text" } } }',
    '2:32 in the JSON Schema, "type" is broken | write one or several of: object,',
  ],
  [
    '{ "pattern": "(?=a)" }',
    '1:14 bad pattern: error parsing regexp: invalid or unsupported Perl syntax: `(?=` | write an RE2 pattern',
  ],
  [
    '{ "items": { "$ref": "https://x.example/" } }',
    '1:22 in the JSON Schema, "$ref" leads out of the file | copy it under `$defs`',
  ],
  ['{ "items": { "$ref": [{ "toString": 1 }] } }', '1:22 in the JSON Schema, "$ref" leads out of the file'],
  ['{ "items": { "$ref": "#/$defs/a" } }', '1:22 the JSON Schema has nothing at "#/$defs/a" | add it'],
  ['{ "items": { "$ref": "#" } }', '1:1 the JSON Schema refers to itself, or is too large'],
  [
    '{ "properties": { "constructor": true } }',
    '1:17 in the JSON Schema, "properties" has the field "constructor", which every object has | rename it',
  ],
  [
    '{ "patternProperties": {} }',
    '1:24 in the JSON Schema, "patternProperties" is not supported | name the fields in `properties`',
  ],
  ['{ "answer": "text" }', '1:1 this is no JSON Schema | a schema is a mapping with `type`'],
])('%s', (schema, problem) => {
  expect(problems(schema)).toEqual([expect.stringContaining(problem)]);
});

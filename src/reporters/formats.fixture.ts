import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@cfworker/json-schema';
import schema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' };
import { expect } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import type { DrillReport } from '../core/report.ts';
import { failedDrill } from './sample-run.fixture.ts';

/** The schemas that readers of our files go by. */
const xsd = readFileSync(join(import.meta.dirname, 'junit-10.fixture.xsd'), 'utf8');
const sarifSchema = new Validator(JSON.parse(JSON.stringify(schema)), '4');

export async function expectJunit(xml: string): Promise<void> {
  const { valid, errors } = await validateXML({ xml, schema: xsd });
  expect(valid, errors.map((error) => error.message).join('\n')).toBe(true);
}

interface Message {
  text: string;
}
interface Location {
  physicalLocation: { artifactLocation: { uri: string; uriBaseId?: string }; region: { startLine: number } };
  message: Message;
}
export interface SarifResult {
  ruleId: string;
  ruleIndex: number;
  kind: string;
  level: string;
  message: Message;
  locations: Location[];
  partialFingerprints: Record<string, string>;
  codeFlows?: { threadFlows: { locations: { location: Location }[] }[] }[];
  properties?: Record<string, unknown>;
}
interface SarifRun {
  tool: { driver: { semanticVersion: string; rules: { id: string; help: Message; defaultConfiguration: unknown }[] } };
  automationDetails: { id: string };
  invocations: Record<string, unknown>[];
  properties: Record<string, unknown>;
  results: SarifResult[];
}

/** The one run of a document that is valid. */
export function sarifRun(text: string): SarifRun {
  const document = JSON.parse(text);
  const { valid, errors } = sarifSchema.validate(document);
  expect(valid, errors.map(({ instanceLocation, error }) => `${instanceLocation} ${error}`).join('\n')).toBe(true);
  return document.runs[0];
}

/** What reads as a command of CI servers, or as markup, in the formats we write and around them. */
export const HOSTILE = [
  '::error file=a.ts,line=1::mine',
  '%0A::set-output name=a::b',
  '</testsuite></testsuites>',
  ']]><!-- & "\' --',
  '`$(id)` ```',
  '\u0000\u001b[2J\u202e\u2028\u0085\r\n',
  '\ud800 and \udc00 and \uffff',
  'x'.repeat(10_000),
  '[a](https://example.com) {0} {{1}}',
  '',
].map((text) => ({ text, shown: JSON.stringify(text.slice(0, 40)) }));

/** The failed drill, with a text in the place of every name and reason. */
export function namedDrill(text: string): DrillReport {
  const [first, second] = failedDrill.tasks;
  if (first === undefined || second === undefined) throw new Error('the sample has tasks');
  const checks = first.checks.map((cell) => ({ ...cell, reason: text }));
  const calls = first.calls.map((call) => ({ ...call, role: text, fault: text }));
  const task = { ...first, task: text, phase: text, checks, calls };
  return {
    ...failedDrill,
    name: text,
    reproduce: text,
    advice: { 'fails-over': text },
    source: { file: `drills/${text}`, line: 0, expect: {} },
    reasons: [{ reason: text, fix: text }],
    checks: checks.map((cell) => ({ ...cell, verdict: 'inconclusive' })),
    tasks: [task, { ...task, ask: 5 }, second],
  };
}

/** Reads RFC 4180 as it stands there, and nothing else: every line ends, all have as many cells, quotes are in quotes. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const [, quoted, plain = '', end] = cell.exec(text) ?? [];
    if (end === undefined) throw new Error(`no cell begins at ${at}: ${JSON.stringify(text.slice(at, at + 40))}`);
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ',') rows.push([]);
  }
  if (rows.pop()?.length !== 0) throw new Error('the last line has no end');
  if (rows.some((row) => row.length !== rows[0]?.length)) throw new Error('a line has another number of cells');
  return rows;
}

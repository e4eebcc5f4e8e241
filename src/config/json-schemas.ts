import type { z } from 'zod';
import { Cassette } from '../core/cassette.ts';
import { Comparison } from '../core/comparison.ts';
import { Concepts } from '../core/concept.ts';
import { WrittenDrill } from '../core/drill.ts';
import { GoldenTask } from '../core/golden-task.ts';
import { Notices } from '../core/notices.ts';
import { RunReport } from '../core/report.ts';
import { Config } from './config-file.ts';
import { jsonSchemaOf } from './schema-words.ts';
import { ContractFile } from './workflow-folder.ts';
import { ToolsFile } from './workflow-links.ts';

/** The JSON Schemas editors and other programs use, by file name. */
export function jsonSchemas(): Record<string, Record<string, unknown>> {
  return {
    'drill.schema.json': forEditors(WrittenDrill, 'A drill: drills/<name>.yaml'),
    'golden-task.schema.json': forEditors(GoldenTask, 'A golden task: fixtures/golden/<workflow>/<name>.json'),
    'contract.schema.json': forEditors(ContractFile, 'What no fallback may lose: contract.yaml'),
    'concepts.schema.json': forEditors(Concepts, 'What texts of a workflow may say in many words: concepts.yaml'),
    'notices.schema.json': forEditors(Notices, 'What texts mean, as somebody read them: notices.yaml'),
    'tools.schema.json': { title: 'The tools of a workflow: tools.yaml or tools.json', ...jsonSchemaOf(ToolsFile) },
    'cassette.schema.json': forEditors(Cassette, 'Recorded replies: fixtures/replies/<workflow>/<task>.yaml'),
    'config.schema.json': forEditors(Config, 'What exists: drill.config.yaml'),
    'run.schema.json': { title: 'run.json, and what `drill run --json` prints', ...jsonSchemaOf(RunReport) },
    'diff.schema.json': { title: 'What `drill diff --json` prints', ...jsonSchemaOf(Comparison) },
  };
}

/** A JSON file names its schema by the key `$schema`, so that key must be allowed. */
function forEditors(schema: z.ZodType, title: string): Record<string, unknown> {
  const piece = jsonSchemaOf(schema);
  return { title, ...piece, properties: { $schema: { type: 'string' }, ...piece.properties } };
}

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from './find.ts';
import { jsonSchemas } from './json-schemas.ts';

describe('schema/ holds what the code says (else: UPDATE=1 npx vitest run src/config/json-schemas.test.ts)', () => {
  test.each(Object.entries(jsonSchemas()))('%s', (name, schema) => {
    const path = join(packageRoot(), 'schema', name);
    const fresh = `${JSON.stringify(schema, null, 2)}\n`;
    if (process.env['UPDATE'] === '1') {
      mkdirSync(join(packageRoot(), 'schema'), { recursive: true });
      writeFileSync(path, fresh);
    }
    const stored = existsSync(path) ? readFileSync(path, 'utf8') : '';
    expect(stored === fresh, 'stale: run UPDATE=1 npx vitest run src/config/json-schemas.test.ts').toBe(true);
  });
});

test('the drill schema knows the keys a user writes, and leaves room for a fault’s parameters', () => {
  const text = JSON.stringify(jsonSchemas()['drill.schema.json']);
  for (const key of ['$schema', 'hypothesis', 'after_ms', 'every_ms', 'tenants']) expect(text).toContain(`"${key}"`);
});

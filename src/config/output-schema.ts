import { dereference } from '@cfworker/json-schema';
import type { Place, Problem } from '../core/errors.ts';
import { isRecord } from './issues.ts';
import { createPatternCheck } from './pattern.ts';
import { MAX_PROBLEMS, type Path } from './read-file.ts';

/** Schemas to go through for one value, every reference written out: references that double grow without end. */
const MAX_STEPS = 10_000;
const MAX_DEPTH = 200;

type Place1 = (path: Path) => Place;

/**
 * What keeps a JSON Schema (draft 2020-12) from validating any value soon: broken keywords, references that lead out of
 * the file, nowhere or in a circle, patterns that are none. `place` finds a path of the schema in its file.
 */
export function schemaProblems(schema: Record<string, unknown>, place: Place1): Problem[] {
  const checkPattern = createPatternCheck();
  const problems = schemasIn(schema, []).flatMap(({ one, path }) =>
    Object.entries(one).flatMap(([key, value]) => {
      const at = place([...path, key]);
      const slip = slipOf(key, value, path.length === 0);
      if (slip !== undefined) return [{ message: `in the JSON Schema, ${slip[0]}`, place: at, fix: slip[1] }];
      return key === 'pattern' && typeof value === 'string' ? checkPattern(value, at) : [];
    }),
  );
  return problems.length > 0 ? problems.slice(0, MAX_PROBLEMS) : referenceProblems(structuredClone(schema), place);
}

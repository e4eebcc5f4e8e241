import type { Recording } from '../core/stand.ts';

/** A recording for a stand that nobody judges: what happened is told, and nothing of what was said is looked at or kept. */
export function eventsOnly(emit: Recording['emit']): Recording {
  return {
    emit,
    held: () => ({ sources: [], source_ids: [], canaries: [], schema_fields: [], models: [] }),
    facts: () => ({}),
    digest: () => '',
    replied() {},
    rereads: () => [],
  };
}

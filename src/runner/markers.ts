import type { Held } from '../core/trace.ts';

export interface Markers {
  sources: readonly { id: string; text: string }[];
  /** Canary per tenant. */
  canaries: Readonly<Record<string, string>>;
  schemaFields: readonly string[];
  /** Model name per role. */
  models: Readonly<Record<string, string>>;
}

/** Says which markers a text holds. Whitespace and JSON escapes do not matter. */
export function createMarkerSearch(markers: Markers): (text: string) => Held {
  const sources = markers.sources.map(({ id, text }) => ({ id, text: flatten(text) }));
  const canaries = Object.entries(markers.canaries).map(([tenant, text]) => ({ tenant, text: flatten(text) }));
  const models = Object.entries(markers.models);
  return (raw) => {
    const text = flatten(raw);
    return {
      sources: sources.filter((s) => text.includes(s.text)).map((s) => s.id),
      source_ids: sources.filter((s) => text.includes(s.id)).map((s) => s.id),
      canaries: canaries.filter((c) => text.includes(c.text)).map((c) => c.tenant),
      schema_fields: markers.schemaFields.filter((field) => text.includes(field)),
      models: models.filter(([, model]) => text.includes(model)).map(([role]) => role),
    };
  };
}

function flatten(text: string): string {
  return text
    .replace(/\\(?:[nrt]|u000a|u000d)/g, ' ')
    .replace(/\\(["\\/])/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}

import type { Detail, Row, RunData, Thing } from './data.ts';
import { type Packed, unpack, type Values } from './unpack.ts';

/** What the page holds, read block by block. */
export interface Store {
  run: RunData;
  rows: Values<Row>;
  detail(place: number): Promise<Detail>;
  /** A request with its parts, or what was said, by their titles. */
  said(place: number | null): Promise<Said | undefined>;
}

export interface Said {
  model: string | undefined;
  parts: { title: string; text: string; cut?: number }[];
}

export async function openStore(): Promise<Store> {
  const known = new Map<string, Promise<Values<unknown>>>();
  const block = <T>(id: string): Promise<Values<T>> => {
    const values = known.get(id) ?? read(id);
    known.set(id, values);
    return values as Promise<Values<T>>;
  };
  const run = (await block<RunData>('run')).at(0);
  const { details, things } = run.blocks;
  const thing = async (place: number): Promise<Thing> => {
    const number = things.findLastIndex((first) => first <= place);
    return (await block<Thing>(`t${number}`)).at(place - (things[number] ?? 0));
  };
  return {
    run,
    rows: await block<Row>('rows'),
    detail: async (place) => (await block<Detail>(`d${Math.floor(place / details)}`)).at(place % details),
    async said(place) {
      if (place === null) return undefined;
      const one = await thing(place);
      if ('text' in one) return { model: undefined, parts: [one] };
      const parts = await Promise.all(one.parts.map(thing));
      return { model: one.model, parts: parts.flatMap((part) => ('text' in part ? [part] : [])) };
    },
  };
}

async function read(id: string): Promise<Values<unknown>> {
  const text = document.getElementById(id)?.textContent ?? '';
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const packed: Packed = JSON.parse(await new Response(stream).text());
  return unpack(packed);
}

/** A text, or its parts with the decimals of the number after each but the last. */
export type Template = string | (string | number)[];
/** A string is a number that is filled in: as it is (`n`), or as which text it is (`t`, where numbers of its own follow). */
export type Shape = 'n' | 't' | `t${number}` | boolean | null | Shape[] | { [key: string]: Shape };
/** One number for all, each of them, or each as what is added to the one before. */
export type Column = number | number[] | { d: number[] };

/** Values as their shapes, and the numbers that are filled in, column by column: see `pack`. */
export interface Packed {
  texts: Template[];
  shapes: Shape[];
  of: number[];
  columns: Column[][];
}

export interface Values<T> {
  length: number;
  at(i: number): T;
}

/** Reads packed values one at a time. */
export function unpack<T>({ texts, shapes, of, columns }: Packed): Values<T> {
  const whole = columns.map((some) => some.map(numbersOf));
  const seen = shapes.map(() => 0);
  const places = of.map((shape) => {
    const place = seen[shape] ?? 0;
    seen[shape] = place + 1;
    return place;
  });
  return {
    length: of.length,
    at(i) {
      const shape = of[i] ?? 0;
      const place = places[i] ?? 0;
      let column = 0;
      const number = (): number => whole[shape]?.[column++]?.(place) ?? 0;
      const read = (node: Shape | undefined): unknown => {
        if (node === 'n') return number();
        if (typeof node === 'string') return textOf(texts[number()] ?? '', number);
        if (Array.isArray(node)) return node.map(read);
        if (typeof node !== 'object' || node === null) return node;
        return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, read(value)]));
      };
      return read(shapes[shape]) as T;
    },
  };
}

const textOf = (template: Template, number: () => number): string =>
  typeof template === 'string'
    ? template
    : template.map((part) => (typeof part === 'string' ? part : decimal(number(), part))).join('');

/** `decimal(29, 1)` is `2.9`. */
export function decimal(units: number, places: number): string {
  const digits = String(units).padStart(places + 1, '0');
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

function numbersOf(column: Column): (place: number) => number {
  if (typeof column === 'number') return () => column;
  if (Array.isArray(column)) return (place) => column[place] ?? 0;
  let sum = 0;
  const sums = column.d.map((step) => {
    sum += step;
    return sum;
  });
  return (place) => sums[place] ?? 0;
}

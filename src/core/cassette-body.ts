import { orElse } from './errors.ts';

/** How a body is stored. */
interface Body {
  text?: string | undefined;
  crlf?: true | undefined;
  base64?: string | undefined;
}

/** The body as it came over the wire. */
export function bodyOf({ text = '', crlf, base64 }: Body): Uint8Array {
  if (base64 !== undefined) return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return new TextEncoder().encode(crlf === true ? text.replaceAll('\n', '\r\n') : text);
}

/** The same the other way round: text stays readable, line by line. */
export function storedBody(bytes: Uint8Array): Body {
  const text = textOf(bytes);
  if (text === undefined) return { base64: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')) };
  const lines = text.replaceAll('\r\n', '\n');
  return lines !== text && !lines.includes('\r') && lines.replaceAll('\n', '\r\n') === text
    ? { crlf: true, text: lines }
    : { text };
}

/** Undefined where the bytes are no UTF-8. */
export const textOf = (bytes: Uint8Array): string | undefined =>
  orElse(() => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), undefined);

/** One expression for everything that must never be stored: keys, bearer tokens, e-mail addresses, card numbers. */
const SECRET = new RegExp(
  [
    String.raw`\b(?:sk|pk|rk|xai|gsk|AIza|AKIA|ghp|hf)[-_]?[A-Za-z0-9_-]{16,}`,
    String.raw`\bBearer\s+[A-Za-z0-9._~+/-]{8,}=*`,
    String.raw`[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+`,
    String.raw`\b(?:\d[ -]?){13,16}\b`,
  ].join('|'),
  'g',
);

/** Most texts hold none of the characters a secret needs; the expression is then not run at all. */
const HINT = /[@\d]{1}|Bearer|sk|pk|rk|xai|gsk|AIza|AKIA|ghp|hf/;

export function redactText(text: string): string {
  return HINT.test(text) ? text.replace(SECRET, '[redacted]') : text;
}

/** The same value with every string in it redacted; keys stay. */
export function redact<T>(value: T): T;
export function redact(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map((item) => redact(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redact(item)]));
}

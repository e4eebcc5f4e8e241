import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { isLinear } from '../computing.fixture.ts';
import { finderOf } from '../text/patterns.ts';
import { createRedaction, secretsOf } from './redact.ts';

const { text, value } = createRedaction();
const root = join(import.meta.dirname, '../..');

/** Each as it is written, and the part of it that may stand nowhere. Keys are put together here so that no scanner finds one. */
const key = (prefix: string, length = 36) => prefix + 'q7WmZ2xTb9LcR4vKd8Hn'.repeat(5).slice(0, length);
const SECRETS: Record<string, [written: string, secret: string]> = {
  openai: [`used ${key('sk-proj-')} here`, key('sk-proj-')],
  anthropic: [`x-api-key ${key('sk-ant-api03-', 90)}`, key('sk-ant-api03-', 90)],
  openrouter: [key('sk-or-v1-'), key('sk-or-v1-')],
  google: [`?key=${key('AIza', 35)}`, key('AIza', 35)],
  groq: [key('gsk_'), key('gsk_')],
  xai: [key('xai-'), key('xai-')],
  huggingFace: [key('hf_'), key('hf_')],
  perplexity: [key('pplx-'), key('pplx-')],
  replicate: [key('r8_'), key('r8_')],
  aws: ['id AKIAIOSFODNN7EXAMPLE', 'AKIAIOSFODNN7EXAMPLE'],
  bedrock: [key('ABSK', 60), key('ABSK', 60)],
  github: [key('ghp_'), key('ghp_')],
  gitlab: [key('glpat-', 20), key('glpat-', 20)],
  slack: [key('xoxb-', 24), key('xoxb-', 24)],
  stripe: [key('sk_live_', 24), key('sk_live_', 24)],
  sendgrid: [`SG.${key('', 22)}.${key('', 43)}`, key('', 43)],
  telegram: [`/bot123456789:${key('', 35)}/send`, key('', 35)],
  jwt: [`eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.${key('', 20)}`, key('', 20)],
  pem: ['-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nx\n-----END RSA PRIVATE KEY-----', 'MIIEow'],
  bearer: ['Authorization: Bearer 4f9c2d-token', '4f9c2d-token'],
  basic: ['basic YWxhZGRpbjpvcGVu=', 'YWxhZGRpbjpvcGVu'],
  named: ['api_key="long winded phrase"', 'long winded phrase'],
  variable: ['MY_SECRET=hopscotch', 'hopscotch'],
  told: ['token: 9d8f7a6b', '9d8f7a6b'],
  signature: ['https://files.example/a?X-Amz-Signature=c0ffee00&n=1', 'c0ffee00'],
  credentials: ['postgres://admin:tr0ub4dor@db.internal/x', 'tr0ub4dor'],
  email: ['write to jane.doe+vip@shop.example.co.uk, please', 'jane.doe+vip@shop.example.co.uk'],
  emailLatin: ['jörg@müller.example', 'jörg@müller.example'],
  visa: ['card 4111 1111 1111 1111.', '4111 1111 1111 1111'],
  amex: ['378282246310005', '378282246310005'],
  master: ['file card_5555-5555-5555-4444.txt', '5555-5555-5555-4444'],
  phone: ['call +1 (415) 555-0132 (9 to 5)', '+1 (415) 555-0132'],
  phoneLondon: ['+44 20 7946 0958 2026-10-08', '+44 20 7946 0958'],
  phonePlain: ['+4915112345678', '+4915112345678'],
  phoneAmerican: ['415-555-0132 or (212) 555 0199', '415-555-0132'],
  phoneSpaces: ['ring 415 555 0132 now', '415 555 0132'],
  phoneNational: ['Tel. 07700 900123', '07700 900123'],
  phoneParis: ['01 23 45 67 89', '01 23 45 67 89'],
  phoneTold: ['phone number: 5550132', '5550132'],
};

const ENCODINGS: Record<string, (s: string) => string> = {
  raw: (s) => s,
  'JSON-escaped': (s) => JSON.stringify({ s }).replace(/[@ +:-]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
  'JSON in JSON': (s) => JSON.stringify(JSON.stringify({ s })),
  'URL-encoded': (s) => `q=${encodeURIComponent(s)}&n=1`,
  'URL-encoded to the last letter': (s) =>
    [...Buffer.from(s)].map((b) => `%${b.toString(16).padStart(2, '0')}`).join(''),
  base64: (s) => `data:text/plain;base64,${Buffer.from(s).toString('base64')}`,
  base64url: (s) => Buffer.from(s).toString('base64url'),
  'base64 after a path': (s) => `/v1/x/${Buffer.from(`some words before ${s}`).toString('base64')}`,
  'base64 in lines': (s) =>
    Buffer.from(`${'words '.repeat(20)}${s}`)
      .toString('base64')
      .replace(/.{76}/g, '$&\n'),
  'base64 of base64': (s) => Buffer.from(Buffer.from(s).toString('base64')).toString('base64'),
  'base64 of JSON': (s) => Buffer.from(JSON.stringify({ s })).toString('base64'),
};

describe.each(Object.entries(ENCODINGS))('%s', (encoding, encode) => {
  it.each(Object.entries(SECRETS))('%s', (_, [written, secret]) => {
    const encoded = encode(written);
    // In eleven letters of base64 nothing is looked for.
    if (/base64/.test(encoding) && written.length < 12) return;
    const clean = text(`before ${encoded} after`);
    expect(clean).toMatch(/^before .*\[redacted(?: \w\w)?\].* after$/s);
    expect(clean).not.toContain(encode(secret));
    expect(clean).not.toContain(secret);
    expect(text(clean)).toBe(clean);
  });
});

/** What people and programs write about orders, from support mail and from our own traces. */
const HARMLESS = [
  'Order 1042 was promised for 6 October 2026 and came on 8 October 2026 at 14:03.',
  'Order LH-20377, merchant account reference ALD-7Q4X-20931, shop account LMN-KD58-77304',
  'Express delivery of order 114-1234567-1234567 costs $18.00; total €1,266.80 (incl. 2 × €17.80).',
  'The fee was +18.00 on 2026-10-08, then +1500 2026-10-09 and -3.50 EUR.',
  'Refunds of +1 000 000 000 are not a thing; 250, 500 and 1000 are.',
  'gift card PC-7731-2026 with the code 0042000123 expired on 01.02.2026',
  'tracking 1Z999AA10123456784 and 00340434161094021501, parcel 2 of 3',
  'At 2026-01-01T00:00:00.000Z, or 2026-01-01T02:00:00+02:00, or Thu, 01 Jan 2026 00:00:00 GMT',
  'epoch 1767225600000, in micros 1767225600000000, lucky 0.4111111111111111',
  'seed 4111 of 2147483647, 30-day window, day 31 of 45, 9 to 5',
  'id 550e8400-e29b-41d4-a716-446655440000, trace 2efa46955b08a1003b0c73951fba7921',
  'sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 at commit f57d3ce',
  'digests 2a4a4071148dfb70 and a0f6d89f6b440110',
  'cites policy_refunds_v3, policy_partial_shipments_v2 and order_991.md',
  'drill run timeout_primary --fault server-error@primary,status=503 --seed 7',
  'at node_modules/openai@6.49.0/core.mjs:12:5 and icon@2x.png, version 115.0.5790.102',
  'connect to 192.168.100.200:6379 or https://api.openai.com/v1/chat/completions?limit=10',
  'a bearer certificate, basic information and a basic subscription',
  'Password: please choose a new one. The secret: patience. Token limits apply, max_tokens=1200.',
  'the answer is tokenised; authorization is needed; see the key figures: 12, 13, 14',
  'EU 42 → EU 43, 30 °C, 4 x 100 m, 3/4, 50 %, 100%25 of %s and C:\\new\\users',
  'claude-haiku-4-5-20251001, gpt-5-mini-2025-08-07, gemini-2.5-flash-lite-preview-09-2025',
  'AbortError: This operation was aborted\n    at node:internal/deps/undici/undici:14900:13',
  'HalmaFloorLampBrassWithTwoBulbs and aVeryLongCamelCaseIdentifierOfSomeProgram',
  'Öffnungszeiten: Mo–Fr 09:00–18:00, Sa 10–14 Uhr; 電話は受け付けません。',
  'risk-free task-oriented ask-me-anything sk-learn',
];

test.each(HARMLESS)('stays readable: %s', (words) => {
  expect(text(words)).toBe(words);
  expect(text(JSON.stringify({ words }))).toBe(JSON.stringify({ words }));
});

test('our own golden traces, sources and tasks hold nothing to redact', () => {
  for (const folder of ['fixtures/traces', 'fixtures/golden', 'fixtures/sources', 'drills']) {
    const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const written = readFileSync(join(file.parentPath, file.name), 'utf8');
      expect(text(written), file.name).toBe(written);
      if (!file.name.endsWith('.jsonl')) continue;
      for (const event of written
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line)))
        expect(value(event)).toBe(event);
    }
  }
});

test('numbers that only look like a card: another check digit, another issuer, another length', () => {
  for (const digits of ['4111 1111 1111 1112', '1111 1111 1111 1117', '41111111111111', '4111-1111 1111-1111'])
    expect(text(digits)).toBe(digits);
});

test('the same secret has the same mark, another most likely another; a short one tells nothing', () => {
  expect(text('jane@shop.example')).toBe(text('jane@shop.example'));
  const marks = Array.from({ length: 50 }, (_, i) => text(`jane${i}@shop.example`));
  expect(new Set(marks).size).toBeGreaterThan(30);
  expect(text('{"password":"4711"}')).toBe('{"password":"[redacted]"}');
});

describe('values', () => {
  it('keeps everything in its place', () => {
    const outcome = { answer: 'Yes.', data: { citations: ['order_1'], n: 3, ok: null, list: [1, 'b'] } };
    expect(value(outcome)).toBe(outcome);
    expect(value({ a: [{ mail: 'jane@shop.example' }, 1], b: undefined })).toEqual({
      a: [{ mail: text('jane@shop.example') }, 1],
      b: undefined,
    });
  });

  it('whatever a telling key holds is gone; other keys, and what is no text, stay', () => {
    const hidden = ['api_key', 'apiKey', 'x-api-key', 'Authorization', 'password', 'secret', 'client_secret', 'token'];
    for (const name of [...hidden, 'access_token', 'Set-Cookie'])
      expect(value({ [name]: 'abc' })).toEqual({ [name]: '[redacted]' });
    expect(value({ token: 123456 })).toEqual({ token: '[redacted]' });
    const kept = {
      tokens: 'abc',
      token_count: 'abc',
      key: 'abc',
      secretary: 'Ann',
      password: { type: 'string' },
      token: '',
    };
    expect(value(kept)).toBe(kept);
  });

  it('looks at keys, at large numbers and at what objects are written as', () => {
    const strange = { 'jane@shop.example': 1, n: 4111111111111111, url: new URL('https://me:pa55word@shop.example/') };
    const clean = JSON.stringify(value(strange));
    expect(clean).toMatch(/^\{"\[redacted \w\w\]":1,"n":"\[redacted\]","url":"https:\/\/\[redacted \w\w\]@shop/);
  });
});

test('however deep a secret lies, it is looked for once', () => {
  const nested = (text: string) => Array.from({ length: 100 }).reduce<object>((inner) => ({ a: [1, inner] }), { text });
  const { value } = createRedaction({ literals: ['hunter-of-secrets'] });
  expect(JSON.stringify(value(nested('the hunter-of-secrets')))).not.toContain('hunter');
  const clean = nested('nothing');
  expect(value(clean)).toBe(clean);
});

describe('what a project adds', () => {
  const own = createRedaction({ literals: ['s3cret (phrase) "x"'], finders: [finderOf('CUST-\\d+'), finderOf('z*')] });

  it('literals and patterns, however they are encoded', () => {
    for (const [name, encode] of Object.entries(ENCODINGS)) {
      for (const secret of ['s3cret (phrase) "x"', 'number CUST-20931 of']) {
        const clean = own.text(`a ${encode(secret)} b`);
        expect(clean, name).toMatch(/redacted/);
        expect(clean, name).not.toContain(encode(secret));
      }
    }
    expect(own.text('CUST-')).toBe('CUST-');
    expect(createRedaction({ finders: [finderOf('X\\d')] }).text('X7')).toBe('[redacted]');
    expect(text('s3cret (phrase) "x" CUST-20931')).toBe('s3cret (phrase) "x" CUST-20931');
  });

  it('a pattern that matches marks, or nothing at all, ends', () => {
    const greedy = createRedaction({ finders: [finderOf('.*'), finderOf('[a-z]*')] });
    expect(greedy.text(greedy.text('some words'))).toBe(greedy.text('some words'));
    expect(greedy.text('some words')).toMatch(/^\[redacted \w\w\]$/);
  });

  it('the values of variables that are named like secrets; our dummies and short ones are none', () => {
    const env = {
      ACME_API_KEY: 'correct horse',
      DB_PASSWORD: 'battery staple!',
      GITHUB_TOKEN: 'battery staple! and more',
      OPENAI_API_KEY: 'drill-mock-openai_api_key',
      SHORT_TOKEN: 'true',
      HOME: '/home/somebody',
      EMPTY_SECRET: undefined,
    };
    expect(secretsOf(env)).toEqual(['battery staple! and more', 'battery staple!', 'correct horse']);
  });
});

test('redacting twice changes nothing', () => {
  const bits = fc.constantFrom(
    ...Object.values(SECRETS).map(([written]) => written),
    ...[
      '@',
      '%40',
      '\\u0040',
      '+1',
      '.',
      ' ',
      '"',
      '\n',
      '[redacted 3f]',
      '[redacted]',
      'token=',
      'Bearer ',
      '://',
      '==',
    ],
    ...['4111', '0151', 'sk-', 'jane', 'x.com', 'Zm9v', '\\', '%25'],
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(bits, fc.string()), { maxLength: 12 }), (parts) => {
      const once = text(parts.join(''));
      expect(text(once)).toBe(once);
    }),
    { numRuns: 2000 },
  );
});

// What hides secrets must not be what holds a run up: an expression that looks back would take minutes over these.
const REPEATED = String.raw`a|@|a@|a.b@|1|1 |+1 |+1|4111 |0151 |555-|phone: 1|%40|%2540|\u0040|\u005cu0040|\\|Bearer |basic |sk-|_sk-
    |-eyJaaaaaaaa|_eyJ|token=|token:a|"token": |-----BEGIN PRIVATE KEY-----|://|https://a:b@|?key=|jane@x.com|SG.aaaaaaaaaaaaaaaaaaaa|Ab/`;
test.each([...REPEATED.split('|'), `${Object.values(SECRETS).join('\n')}\n${HARMLESS.join('\n')}\n`])(
  'time grows with the length alone: %j, again and again',
  async (piece) => {
    // Another end each time, because what was found in a short text is remembered.
    const redact = (length: number, i: number) => text(piece.repeat(Math.ceil(length / piece.length)) + i);
    expect(await isLinear(redact, 100_000)).toBe(true);
  },
);

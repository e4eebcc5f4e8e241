import { describe, expect, it } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { costSpike } from './cost-spike.ts';
import { replyOf } from './error-reply.ts';
import { skippedVerification } from './skipped-verification.ts';
import { callsWhole, onWire, REPLIES, type ReplyKind, script, toldBy } from './trial.fixture.ts';
import { truncatedAnswer } from './truncated-answer.ts';
import { unsupportedClaim } from './unsupported-claim.ts';
import { verificationDenied } from './verification-denied.ts';

const usual = toldBy(REPLIES.prose).text;

describe.each(protocols.flatMap((protocol) => [true, false].map((stream) => ({ protocol, stream }))))(
  'in $protocol.name, stream: $stream',
  (wire) => {
    const told = async (fault: typeof costSpike, params: unknown, says: ReplyKind) => {
      const { fired, reply } = onWire(fault, params, { ...wire, says });
      return { ...toldBy((await reply).heard), fired };
    };

    it('a truncated answer keeps its beginning, ends with length and counts what it said', async () => {
      for (const share of [0, 0.25, 0.99]) {
        const { text, end, tokens } = await told(truncatedAnswer, { share }, 'prose');
        const kept = Math.floor(usual.length * share);
        expect([text, end]).toEqual([usual.slice(0, kept), 'length']);
        expect(tokens).toEqual([12, Math.max(1, Math.ceil((34 * kept) / usual.length))]);
      }
      const source = { kind: 'parts', reply: replyOf(...REPLIES.prose.slice(0, -2), ...REPLIES.call) } as const;
      const both = toldBy((await onWire(truncatedAnswer, { share: 0.9 }, { ...wire, source }).reply).heard);
      const left = Math.floor((usual.length + 30) * 0.9) - usual.length;
      const none = callsWhole(wire.protocol);
      const rest = '{"order_id":"991","amount":40}'.slice(0, left);
      expect(both).toMatchObject({ text: usual, calls: none ? [] : [{ args: rest }] });
      const { calls, end } = await told(truncatedAnswer, {}, 'call');
      const half = { name: 'issue_refund', args: '{"order_id":"99' };
      expect(none || [calls, end]).toEqual(none || [[half], 'length']);
    });

    it('an unsupported claim stands behind the prose, with an amount and a date that nothing has', async () => {
      const { text, fired } = await told(unsupportedClaim, { claims: 2 }, 'prose');
      expect(text).toMatch(
        /^Within.*\. A credit of \$\d+\.\d\d has .* The deadline for this is \d+ [A-Z][a-z]+ 2031\.$/,
      );
      expect(fired).toEqual([`adds: ${text.slice(usual.length + 1)}`]);
      const structured = JSON.parse((await told(unsupportedClaim, {}, 'structured')).text);
      expect(structured).toEqual({
        ...(typeof script.task.answer === 'object' && script.task.answer),
        answer: expect.stringMatching(/^We owe .*\]\. A credit of \$/),
      });
      expect((await told(unsupportedClaim, {}, 'call')).fired).toEqual([]);
    });

    it('nor does it say anything that a source happens to have', async () => {
      const claim = async (text: string) => {
        const sources = [{ id: 'a', tenant: 'acme', text }];
        const { heard } = await onWire(unsupportedClaim, { claims: 2 }, { ...wire, script: { ...script, sources } })
          .reply;
        return toldBy(heard).text.slice(usual.length);
      };
      const first = await claim('');
      const [amount = '', year = ''] = [/\$\S+/.exec(first)?.[0], /\d{4}/.exec(first)?.[0]];
      const other = await claim(first);
      expect(other).toMatch(/\$.* \d{4}\.$/);
      expect([other.includes(amount), other.includes(year)]).toEqual([false, false]);
    });

    it('a verifier says that it did not verify; an answer says that it is verified', async () => {
      expect((await told(skippedVerification, {}, 'prose')).text).toBe('Not verified: the check was skipped.');
      expect(JSON.parse((await told(skippedVerification, {}, 'structured')).text)).toEqual({
        answer: 'not_verified',
        citations: [],
        next_action: { amount: 40, unit: 'not_verified' },
        safe_to_send: false,
      });
      const { text } = await told(skippedVerification, { says: 'verified' }, 'prose');
      expect(text).toBe(`${usual} Every statement here has been verified against the sources.`);
    });

    it('a verifier says no in the shape that it was asked for', async () => {
      expect((await told(verificationDenied, {}, 'prose')).text).toMatch(/^unsupported: /);
      const properties = {
        answer: { enum: ['yes', 'unclear', 'no'] },
        next_action: {
          properties: { unit: { enum: ['supported', 'unsupported', 'unclear'] }, amount: { enum: [1, 2] } },
        },
      };
      const responseSchema = { name: 'verdict', schema: { properties } };
      const asked = onWire(verificationDenied, {}, { ...wire, says: 'structured', asked: { responseSchema } });
      expect(JSON.parse(toldBy((await asked.reply).heard).text)).toEqual({
        answer: 'no',
        citations: [],
        next_action: { amount: 2, unit: 'unsupported' },
        safe_to_send: false,
      });
    });

    it('a dearer answer is the same answer', async () => {
      const { text, tokens, fired } = await told(costSpike, { factor: 2.5 }, 'prose');
      expect([text, tokens]).toEqual([usual, [30, 85]]);
      expect(fired).toEqual(['30 and 85 tokens for 12 and 34']);
    });
  },
);

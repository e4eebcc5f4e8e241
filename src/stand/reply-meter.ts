import { estimateTokens } from '../core/model-call.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import type { Part } from '../core/wire.ts';

/** Reads the parts that really went out and says what they amount to. */
export class ReplyMeter {
  private readonly inputEstimate: number;
  private usage: { input: number; output: number } | undefined;
  private said = '';
  /** Tools the reply asked for, with the JSON text of their arguments. */
  readonly asked: { id: string; tool: string; args: string }[] = [];
  private error: FailureMode | null = null;
  private ended: FailureMode | 'well' | undefined;

  constructor(inputEstimate: number) {
    this.inputEstimate = inputEstimate;
  }

  /** Returns whether the parts hold the beginning of an answer. */
  read(parts: readonly Part[]): boolean {
    let answers = false;
    for (const part of parts) {
      if (part.type === 'usage') this.usage = { input: part.input, output: part.output };
      else if (part.type === 'error') this.error = part.mode;
      else if (part.type === 'end') this.ended = END_MODES[part.reason];
      else {
        answers = true;
        if (part.type === 'tool-call') this.asked.push({ id: part.id, tool: part.name, args: '' });
        if (part.type === 'tool-call-delta') {
          const call = this.asked.find((c) => c.id === part.id);
          if (call !== undefined) call.args += part.arguments;
        }
        if ('text' in part) this.said += part.text;
        else if ('arguments' in part) this.said += part.arguments;
      }
    }
    return answers;
  }

  /** As the wire counted them; a stream that was not asked for its usage is estimated. An unanswered call is not billed. */
  get tokens(): { input: number; output: number } {
    if (this.usage !== undefined) return this.usage;
    if (this.said === '') return { input: 0, output: 0 };
    return { input: this.inputEstimate, output: estimateTokens(this.said) };
  }

  /** Whether the reply said its end, or an error in its place. */
  get whole(): boolean {
    return this.ended !== undefined || this.error !== null;
  }

  /** Null where all went well. */
  failureMode(): FailureMode | null {
    if (this.error !== null) return this.error;
    if (this.ended === undefined) return 'truncated';
    return this.ended === 'well' ? null : this.ended;
  }
}

const END_MODES = {
  stop: 'well',
  'tool-calls': 'well',
  length: 'truncated',
  refusal: 'safety_block',
  'content-filter': 'safety_block',
} as const;

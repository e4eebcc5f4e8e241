import type { Effect } from './effect.ts';
import type { Gathered } from './gathered.ts';
import type { Script } from './golden-task.ts';
import type { Message, ModelCall } from './model-call.ts';
import type { Need } from './need.ts';
import type { FaultScope, Injection } from './plugin.ts';
import type { Approve, Tools } from './tools.ts';
import type { EventOf, Held, NewEvent } from './trace.ts';
import type { Trigger } from './trigger.ts';
import type { Transport } from './wire.ts';

/** Whose work is being done: one ask of one golden task. */
export interface Scope {
  ask: number;
  task: string;
  tenant: string;
}

/** A fault in its place: what it is, whom it hits, when it fires. */
export interface ArmedFault {
  fault: string;
  /** A role, or for a fault of tools the tool. */
  role: string;
  effect: Effect;
  needs?: Need | undefined;
  shared: boolean;
  open(scope: FaultScope): Injection;
  trigger: Trigger;
  tenants: readonly string[] | undefined;
  tasks: readonly string[] | undefined;
}

/** A reply that went out, as far as it did. */
export interface Replied {
  call: string;
  ask: number;
  role: string;
  /** A whole good reply. */
  ok: boolean;
  text: string;
  /** Ids of the task's sources that it cites. */
  cites: string[];
  /** As of the call. */
  other_question?: string | undefined;
  /** Ids of the sources that the call held. */
  sources?: readonly string[];
  /** The text is the provider's error message. */
  error?: true;
}
/** How a call puts its task, beside the markers it holds. */
export type CallFacts = Pick<EventOf<'call'>, 'questions' | 'other_question' | 'instructions' | 'talk'>;

/** Keeps what calls said, for people to read. */
export interface Bodies {
  sent(call: ModelCall): void;
  /** What of a reply had gone out when its call was over. */
  came(call: ModelCall, said: Gathered): void;
}

/** What the stand tells the recorder; of bodies the trace gets markers and digests, never themselves. */
export interface Recording {
  emit(event: NewEvent): void;
  held(text: string): Held;
  facts(call: Pick<ModelCall, 'task' | 'messages' | 'responseSchema'>): CallFacts;
  digest(text: string): string;
  /** Notes what a reply says, so that an outcome's words can be told to be from it. */
  replied(reply: Replied): void;
  /** Earlier calls of the ask whose reply these messages quote. */
  rereads(ask: number, messages: readonly Message[]): string[];
  /** Absent where nobody keeps what is said. */
  bodies?: Bodies | undefined;
}

/** The provider stand of one world: every model call of the target ends here. */
export interface Stand {
  /** The wire to it. `scope` says whose call it is; undefined where that cannot be told. */
  transport(scope: () => Scope | undefined): Transport;
  /** The tools of the workflow, and the effects ledger behind them: every use is an event. */
  tools(scope: () => Scope | undefined): Tools;
  /** The person who is asked to approve; answers as the golden task says. */
  approve(scope: () => Scope | undefined): Approve;
  /** From now on these scripts answer and these faults are armed; time triggers count from here. */
  begin(faults: readonly ArmedFault[]): void;
  /** Disarms what is on roles and tools that `next` leaves alone: they are well again as soon as a phase is over. */
  end(next: readonly ArmedFault[]): void;
  /** Arms one more beside those that are; its time and its calls count from here. What comes back takes it away again. */
  arm(fault: ArmedFault): () => void;
  /** Takes away every fault there is; a call that one still holds up breaks off. Gives what was armed. */
  revert(): readonly ArmedFault[];
  play(ask: number, script: Script): void;
}

import { noticeText } from '../core/outcome.ts';
import { defineDrillCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { seenIn } from '../core/seen.ts';
import { count, unique } from '../text/words.ts';
import { roomOf } from './room.ts';
import { Asks, Tally, type WholeAsk } from './whole-asks.ts';

/** Who can wait makes room, and is told. A full answer of the first role takes nobody's place. */
export const queuesLow = defineDrillCheck({
  name: 'queues-low',
  summary: 'Low priorities are queued or degraded while the reserve is short of room, and say so',
  reads: 'how asks of low priority end in a phase in which a limit of a reserve role was met',
  severity: 'major',
  advice: 'While the reserve is short of room, queue low priority or answer it with less, and tell the user.',
  feature: 'lanes',
  open({ declares: { chain } }) {
    const [first, ...reserve] = chain;
    const asks = new Asks();
    const room = roomOf(reserve);
    const ways: Record<string, number> = {};
    const [yielded, wrong] = [new Tally(), new Tally()];
    /** Of the phase in hand: they count if the room runs short in it. */
    let phase = { ways: [] as string[], yielded: new Tally(), wrong: new Tally() };

    function endPhase(): void {
      if (room.isShort()) {
        yielded.addAll(phase.yielded);
        wrong.addAll(phase.wrong);
        for (const way of phase.ways) ways[way] = (ways[way] ?? 0) + 1;
      }
      phase = { ways: [], yielded: new Tally(), wrong: new Tally() };
    }

    function judge({ ask, ending, kind, events }: WholeAsk): void {
      const { servers } = seenIn(events, chain);
      if (kind === 'answered' && servers.some((c) => c.call.role === first)) return;
      const outcome = ending.kind === 'hung' ? undefined : ending.outcome;
      const degraded = outcome?.degraded === true;
      const lacks = [
        ...(kind === 'hung' || kind === 'failed' ? [`was ${kind}`] : []),
        ...(kind === 'answered' && !degraded ? ['was answered like the others'] : []),
        ...(noticeText(outcome?.notice).trim() === '' ? ['gave no notice'] : []),
      ];
      if (lacks.length > 0) {
        phase.wrong.add([`${ask.task} ${lacks.join(' and ')}`], ask.seq, ending.seq);
        return;
      }
      phase.ways.push(kind === 'answered' ? 'degraded' : kind);
      phase.yielded.add([], ask.seq, ending.seq);
    }

    return {
      step(event) {
        const ended = asks.follow(event);
        if (event.kind === 'phase' && event.state === 'began') endPhase();
        room.follow(event);
        if (ended?.ask.priority === 'low') judge(ended);
      },
      verdict() {
        endPhase();
        const all = count(yielded.count + wrong.count, 'low-priority ask');
        if (wrong.count > 0)
          return failed(`${wrong.count} of ${all}: ${unique(wrong.examples).join('; ')}`, asks, wrong);
        if (yielded.count === 0)
          return nothingToJudge(`no low-priority ask needed ${reserve.join(', ')} while that was short of room`);
        const kinds = Object.entries(ways).map(([kind, n]) => `${n} ${kind}`);
        return passed(`${all} made room and said so: ${kinds.join(', ')}`, asks, yielded);
      },
    };
  },
});

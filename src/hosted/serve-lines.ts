import { createInterface } from 'node:readline';
import type { Task } from '../core/outcome.ts';
import type { RunningTarget } from '../core/plugin.ts';
import { isRecord } from '../text/json.ts';

/** Answers each line, a task, with a line, its outcome. What is printed meanwhile goes to stderr. */
export async function serveLines(
  running: RunningTarget,
  inTask: <T>(headers: Record<string, string>, work: () => T) => T,
): Promise<void> {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  const open = new Map<string, AbortController>();

  async function take(task: Task): Promise<void> {
    const left = new AbortController();
    open.set(task.id, left);
    const outcome = await answered(task, left.signal);
    open.delete(task.id);
    write(`${JSON.stringify({ ...outcome, id: task.id })}\n`);
  }

  async function answered(task: Task, signal: AbortSignal): Promise<object> {
    try {
      const outcome: unknown = await running.ask(task, signal);
      return isRecord(outcome) ? outcome : { kind: 'answered', answer: outcome };
    } catch (error) {
      return { kind: 'failed', error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
    }
  }

  for await (const line of createInterface({ input: process.stdin })) {
    const { cancel, headers = {}, ...task } = JSON.parse(line);
    if (typeof cancel === 'string') open.get(cancel)?.abort(new DOMException('The user left', 'AbortError'));
    else void inTask(headers, () => take(task));
  }
  await running.close();
}

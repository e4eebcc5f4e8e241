/** How often a drill passed, of the times it came to a verdict. */
export interface Tries {
  passed: number;
  of: number;
}

export interface Interval {
  low: number;
  high: number;
}

/** Of the standard normal distribution: an interval of 95 %. */
const Z = 1.959964;

/** The interval in which the true share lies with 95 %, as Wilson's score has it. */
export function wilson({ passed, of }: Tries): Interval {
  if (of === 0) return { low: 0, high: 1 };
  const share = passed / of;
  const square = Z * Z;
  const middle = share + square / (2 * of);
  const half = Z * Math.sqrt((share * (1 - share) + square / (4 * of)) / of);
  const scale = 1 + square / of;
  return { low: Math.max(0, (middle - half) / scale), high: Math.min(1, (middle + half) / scale) };
}

/** How likely `k` tries that are drawn from these all passed (pass^k); undefined where there are fewer. */
export function allOf({ passed, of }: Tries, k: number): number | undefined {
  if (k > of) return undefined;
  let all = 1;
  for (let i = 0; i < k; i++) all *= Math.max(0, passed - i) / (of - i);
  return all;
}

/** How likely one at least of `k` tries that are drawn from these passed (pass@k); undefined where there are fewer. */
export function oneOf({ passed, of }: Tries, k: number): number | undefined {
  const none = allOf({ passed: of - passed, of }, k);
  return none === undefined ? undefined : 1 - none;
}

/** More than anybody repeats anything. */
const MOST = 100_000;

/** How many more tries, if they go on as before, take the interval to one side of `share`; undefined where none would. */
export function moreFor({ passed, of }: Tries, share: number): number | undefined {
  const excluded = (more: number) => {
    const all = of + more;
    const { low, high } = wilson({ passed: Math.round((passed / Math.max(of, 1)) * all), of: all });
    return low >= share || high < share;
  };
  if (of === 0 || !excluded(MOST)) return undefined;
  let [few, enough] = [0, MOST];
  while (enough - few > 1) {
    const middle = Math.floor((few + enough) / 2);
    if (excluded(middle)) enough = middle;
    else few = middle;
  }
  return enough;
}

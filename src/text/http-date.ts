/** Calendar arithmetic on milliseconds since the Unix epoch, so that no clock of the machine is needed. */

const DAY_MS = 86_400_000;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Days from 1 March of the year 0 to 1 January 1970: years that begin in March have their leap day last. */
const EPOCH_DAYS = 719_468;
const div = (a: number, b: number) => Math.floor(a / b);
const two = (n: number) => String(n).padStart(2, '0');

function calendar(ms: number) {
  const days = div(ms, DAY_MS) + EPOCH_DAYS;
  const era = div(days, 146_097);
  const ofEra = days - era * 146_097;
  const yearOfEra = div(ofEra - div(ofEra, 1460) + div(ofEra, 36_524) - div(ofEra, 146_096), 365);
  const dayOfYear = ofEra - (365 * yearOfEra + div(yearOfEra, 4) - div(yearOfEra, 100));
  const marchMonth = div(5 * dayOfYear + 2, 153);
  const month = (marchMonth + 2) % 12;
  const day = dayOfYear - div(153 * marchMonth + 2, 5) + 1;
  const year = era * 400 + yearOfEra + (month < 2 ? 1 : 0);
  const second = div(ms, 1000) - div(ms, DAY_MS) * 86_400;
  const time = [div(second, 3600), div(second, 60) % 60, second % 60].map(two).join(':');
  return { year, month, day, time, weekday: (days + 3) % 7 };
}

/** `Sun, 06 Nov 1994 08:49:37 GMT`; parts of a second are dropped. */
export function formatHttpDate(ms: number): string {
  const { year, month, day, time, weekday } = calendar(ms);
  return `${WEEKDAYS[weekday]}, ${two(day)} ${MONTHS[month]} ${year} ${time} GMT`;
}

/** `1994-11-06T08:49:37Z`. */
export function formatRfc3339(ms: number): string {
  const { year, month, day, time } = calendar(ms);
  return `${year}-${two(month + 1)}-${two(day)}T${time}Z`;
}

/** Undefined where the text is no HTTP date of the current form. */
export function parseHttpDate(text: string): number | undefined {
  const match = /^\w{3}, (\d{2}) (\w{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/.exec(text.trim());
  const month = MONTHS.indexOf(match?.[2] ?? '');
  if (match === null || month === -1) return undefined;
  const [day, year, hour, minute, second] = [1, 3, 4, 5, 6].map((i) => Number(match[i]));
  if (day === undefined || year === undefined || hour === undefined || minute === undefined || second === undefined)
    return undefined;
  const marchYear = month < 2 ? year - 1 : year;
  const dayOfYear = div(153 * ((month + 10) % 12) + 2, 5) + day - 1;
  const days = 365 * marchYear + div(marchYear, 4) - div(marchYear, 100) + div(marchYear, 400) + dayOfYear;
  return (days - EPOCH_DAYS) * DAY_MS + (hour * 3600 + minute * 60 + second) * 1000;
}

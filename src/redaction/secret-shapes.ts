/** Keys whose makers gave them a prefix. Others are known by what stands before them, or from the environment. */
const KEYS = [
  String.raw`sk-[\w-]{16,}`,
  'sk_(?:live_|test_)?[A-Za-z0-9]{16,}',
  '(?:pk|rk)_(?:live|test)_[A-Za-z0-9]{16,}',
  String.raw`(?:pk-lf|xai|csk|pplx|tvly|nvapi|glpat|pypi|GOCSPX|xapp|xox[a-z])-[\w-]{14,}`,
  String.raw`(?:gsk|hf|r8|fw|npm|pcsk|whsec|sbp|jina|lin_api|dop_v1|tgp_v1|lsv2|github_pat|gh[opsur]|shp(?:at|ca|pa|ss))_\w{20,}`,
  'dapi[0-9a-f]{32}',
  String.raw`AIza[\w-]{30,}`,
  String.raw`(?:ya29|hvs)\.[\w-]{20,}`,
  String.raw`SG\.[\w-]{16,}\.[\w-]{16,}`,
  '(?:AKIA|ASIA)[A-Z0-9]{16}',
  'ABSK[A-Za-z0-9+/]{40,}',
];

const anyCase = (words: string) => words.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
const NAMED = `(?<![A-Za-z])(?:${anyCase(
  'api[-_]?key|authorization|(?:access|auth|bearer|id|refresh)[-_]?token|token|(?:client[-_]?)?secret|(?:secret|private)[-_]?(?:access[-_]?)?key|password|passwd|passphrase|pwd',
)})["']?\\s{0,4}`;
const LATIN = String.raw`\w\u00c0-\u024f`;

const PHONES = [
  // +44 20 7946 0958, +1 (415) 555-0132; in a form a plus can stand for a space.
  String.raw`(?<![\w+.])\+\d{1,3}(?:[ .-]?\(\d{1,4}\))?(?:[ .+-]?\d{1,4}){2,7}`,
  // (415) 555-0132, 415-555-0132, 415.555.0132, 415 555 0132
  String.raw`(?<![A-Za-z0-9+.-])(?:1[ .-]?)?\(\d{3}\) ?\d{3}[ .-]?\d{4}(?!\d)`,
  String.raw`(?<![A-Za-z0-9+.-])(?:1-)?\d{3}-\d{3}-\d{4}(?![A-Za-z0-9-]|\.\d)`,
  String.raw`(?<![A-Za-z0-9+.-])(?:1\.)?\d{3}\.\d{3}\.\d{4}(?![A-Za-z0-9-]|\.\d)`,
  String.raw`(?<![A-Za-z0-9+.-]|\d )(?:1 )?[2-9]\d\d [2-9]\d\d \d{4}(?![A-Za-z0-9-]| \d|\.\d)`,
  // 020 7946 0958, 07700 900123, (089) 123-4567, 01 23 45 67 89
  String.raw`(?<![A-Za-z0-9+./-]|\d )(?:0[1-9]\d{1,3}[ /]|\(0\d{1,4}\) ?)\d{3,4}[ -]?\d{3,5}(?![A-Za-z0-9-]|\.\d)`,
  String.raw`(?<![A-Za-z0-9+./-])0[1-9](?:(?: \d\d){4}|(?:\.\d\d){4})(?![A-Za-z0-9-]|\.\d)`,
  `(?<=(?<![A-Za-z])(?:${anyCase('phone|telephone|tel|mobile|fax|whatsapp')})${String.raw`(?: number)?(?: is)?\W{1,3})\d[\d ().-]{5,16}\d(?!\d)`}`,
];

/**
 * Whatever must never be stored, as one expression; a match of `card` or `phone` counts if `isGenuine` agrees. Each
 * repeated part is bounded or cannot begin inside itself, so that searching takes time in proportion to the text.
 */
export const SECRET_SHAPES = [
  `(?<![A-Za-z0-9])(?:${KEYS.join('|')})`,
  // Telegram's keys stand right after a word; a signed token (JWT); a private key (PEM).
  String.raw`(?<!\d)\d{8,10}:[\w-]{35}`,
  String.raw`(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){0,3}`,
  '-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)',
  // What follows a scheme or a name. An English word may follow too, so a value told in prose needs a digit.
  `(?<=\\b${anyCase('bearer')}[\\s+]{1,4})(?:[\\w.~+/-]{16,}=*|(?=[\\w.~+/-]{0,15}\\d)[\\w.~+/-]{8,}=*)`,
  `(?<=\\b${anyCase('basic')}[\\s+]{1,4})(?=[A-Za-z+/]{0,200}[\\d=])[A-Za-z0-9+/]{8,}=*`,
  `(?<=${NAMED}[:=]\\s{0,4}")[^"\\\\]+`,
  `(?<=${NAMED}[:=]\\s{0,4}')[^'\\\\]+`,
  `(?<=${NAMED}=)[^\\s&"'<>,;)\\]}\\\\]{4,}`,
  `(?<=${NAMED}:\\s{0,4})(?=[\\w.~+/-]{0,64}\\d)[\\w.~+/-]{8,}=*`,
  String.raw`(?<=[?&](?:key|sig|signature|code|X-Amz-\w{1,30})=)[^\s&"'<>#\\]{6,}`,
  String.raw`(?<=:\/\/)[^\s/?#"'<>\\]+(?=@)`,
  // An e-mail address; neither openai@6.49.0 nor icon@2x.png is one.
  `(?<![${LATIN}.+~%-])[${LATIN}.+~%-]+@(?!\\d+(?:\\.\\d+\\.|x\\.))[${LATIN}%-]+(?:\\.[${LATIN}%-]+)*\\.[A-Za-z\\u00c0-\\u024f][${LATIN}%-]+`,
  String.raw`(?<![A-Za-z0-9.])(?<card>\d{4}(?<gap>[ -]?)\d{4}\k<gap>\d{4}\k<gap>\d{1,7}|\d{4}[ -]\d{6}[ -]\d{4,5})(?![A-Za-z0-9])`,
  `(?<phone>${PHONES.join('|')})`,
].join('|');

/** How much of a match is a secret of its kind: its length, a shorter one, or 0. */
export function genuineLength({ 0: text, groups }: RegExpExecArray): number {
  if (groups?.['card'] !== undefined) return isCard(text.replace(/\D/g, '')) ? text.length : 0;
  if (groups?.['phone'] !== undefined) return phoneLength(text);
  return text.length;
}

/** By the issuer's first digits, the length and the check digit (ISO/IEC 7812). */
function isCard(digits: string): boolean {
  const issued =
    /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[0-2])\d{13}|3[47]\d{13}|3[0689]\d{12}|35\d{14}|6(?:[045]|22)\d{13,17})$/;
  if (!issued.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const doubled = Number(digit) * (1 + (i % 2));
    return total + doubled - (doubled > 9 ? 9 : 0);
  }, 0);
  return sum % 10 === 0;
}

/** A number may be followed by another one or by a date; amounts are no phone numbers. */
function phoneLength(text: string): number {
  if (/^\+\d+[.,]\d\d(?![.,]?\d)/.test(text)) return 0;
  const most = text.startsWith('+1') ? 11 : 15;
  let phone = text.slice(0, text.search(/\d{4}-\d\d-\d\d|$/));
  while (count(phone) > most && /\D\d+\D*$/.test(phone)) phone = phone.replace(/\D+\d+\D*$/, '');
  phone = phone.replace(/\D+$/, '');
  const digits = count(phone);
  const possible = text.startsWith('+') ? digits >= 8 && !/^\+1\D?\D?[01]/.test(phone) : digits >= 7;
  return possible && digits <= most ? phone.length : 0;
}

const count = (text: string) => text.replace(/\D/g, '').length;

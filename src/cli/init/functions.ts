import { sdksOf } from './roles.ts';
import { madeOf, type SourceFile } from './sources.ts';

/** What a function of the project's takes first. */
export type Takes =
  | { what: 'task' | 'text' | 'messages' }
  /** A mapping with these keys. */
  | { what: 'fields'; fields: string[] }
  /** An HTTP request, whose JSON has these keys. */
  | { what: 'request'; fields: string[]; as: 'ai-sdk-ui' | 'openai-chat' | 'json' | undefined };

/** A function that seems to answer users by a model. */
export interface FoundFunction {
  file: SourceFile;
  /** As it is exported: `default`, `POST`, or its own name. */
  name: string;
  takes: Takes;
  /** It gives its answer piece by piece. */
  pieces: boolean;
}

const ANSWERS =
  /answer|ask|chat|repl|respond|complet|generat|agent|support|assist|extract|summar|classif|query|^(run|handle|main|POST|default)$/i;

/** Functions by which a project may answer its users, the likeliest first. */
export function findFunctions(files: readonly SourceFile[]): FoundFunction[] {
  const scored = files.flatMap((file) => {
    const made = madeOf(file, files);
    const far = made.findIndex((one) => sdksOf(one).length > 0);
    if (far < 0) return [];
    // What calls the code that calls the model decides what is done when that fails.
    const near = far === 0 ? 0 : 1;
    return functionsIn(file).map((one) => ({ one, score: near + (ANSWERS.test(one.name) ? 4 : 0) + rank(one) }));
  });
  return scored.sort((a, b) => b.score - a.score).map(({ one }) => one);
}

/** The functions of a file that could be asked. */
export const functionsIn = (file: SourceFile): FoundFunction[] =>
  file.language === 'js' ? exportedOf(file) : definedIn(file);

/** `src/answer.ts#answer`. */
export const labelOf = ({ file, name }: FoundFunction): string => `${file.path}#${name}`;

const rank = ({ name, takes }: FoundFunction): number =>
  (name === 'default' || name === 'POST' ? 1 : 0) + (takes.what === 'fields' ? 0 : 1);

// --- JavaScript ---------------------------------------------------------------

interface Declared {
  params: string;
  pieces: boolean;
}

function exportedOf(file: SourceFile): FoundFunction[] {
  const { code } = file;
  const declared = declaredIn(code);
  const found: FoundFunction[] = [];
  const add = (name: string, own: string, one = declared.get(own)) => {
    const takes = one && takesOf(name, one.params, code);
    if (one && takes && !found.some((other) => other.name === name))
      found.push({ file, name, takes, pieces: one.pieces });
  };
  for (const [, isDefault, name = ''] of code.matchAll(
    /^export\s+(default\s+)?(?:async\s+)?(?:function\s*\*?\s*|const\s+|let\s+)(\w+)/gm,
  ))
    add(isDefault === undefined ? name : 'default', name);
  for (const start of code.matchAll(
    /^(?:export\s+default|module\.exports\s*=)\s*(async\b\s*)?(function\s*\*?\s*)?\(/gm,
  ))
    add('default', '', {
      params: inParentheses(code, start.index + start[0].length - 1),
      pieces: start[0].includes('*'),
    });
  for (const [, name = ''] of code.matchAll(/^(?:export\s+default|module\.exports\s*=)\s+(\w+)\s*;?\s*$/gm)) {
    if (new RegExp(`\\b${name}\\s*=\\s*new\\s+(Hono|Elysia)\\b`).test(code))
      found.push({ file, name: 'default', takes: requestOf(code), pieces: false });
    else add('default', name);
  }
  for (const [, list = ''] of code.matchAll(/^(?:export|module\.exports\s*=)\s*\{([^}]*)\}(?!\s*from)/gm))
    for (const [, own = '', , other] of list.matchAll(/(\w+)(\s+as\s+(\w+))?/g)) add(other ?? own, own);
  for (const [, name = '', own = ''] of code.matchAll(/^(?:module\.)?exports\.(\w+)\s*=\s*(\w+)\s*;?\s*$/gm))
    add(name, own);
  return found;
}

/** Functions by name, as they stand at the top of a file. */
function declaredIn(code: string): Map<string, Declared> {
  const declared = new Map<string, Declared>();
  const forms = [
    /^(?:export\s+)?(?:default\s+)?(?:async\s+)?function\s*(\*?)\s*(\w+)\s*(?:<[^(]*>)?\(/gm,
    /^(?:export\s+)?(?:const|let|var)\s+(\w+)[^=\n]*=\s*(?:async\s*)?(?:function\s*\*?\s*\w*\s*)?(?:<[^(]*>)?\(/gm,
  ];
  for (const form of forms)
    for (const start of code.matchAll(form)) {
      const params = inParentheses(code, start.index + start[0].length - 1);
      const name = start.length === 3 ? start[2] : start[1];
      const rest = code.slice(
        start.index + start[0].length + params.length,
        start.index + start[0].length + params.length + 200,
      );
      // What is only put into parentheses is no function.
      if (start.length === 2 && !/function/.test(start[0]) && !/^\)[^;\n]*=>/.test(rest)) continue;
      declared.set(name ?? '', { params, pieces: /function\s*\*/.test(start[0]) });
    }
  return declared;
}

/** What stands between a parenthesis and the one that closes it. */
function inParentheses(code: string, open: number): string {
  let depth = 0;
  for (let at = open; at < code.length; at += 1) {
    if ('([{'.includes(code[at] ?? '')) depth += 1;
    if (')]}'.includes(code[at] ?? '')) depth -= 1;
    if (depth === 0) return code.slice(open + 1, at);
  }
  return '';
}

/** Undefined where nobody could be asked by it. */
function takesOf(name: string, params: string, code: string): Takes | undefined {
  const [first = '', second = ''] = split(params);
  if (name === 'POST') return requestOf(code);
  if (first === '' || /^(res|response|next)\b/.test(second) || /^(GET|PUT|DELETE|PATCH|HEAD|OPTIONS)$/.test(name))
    return undefined;
  const [own = '', type = ''] = splitAt(first, ':');
  if (/^(Next)?Request$/.test(type)) return requestOf(code);
  if (own.startsWith('{')) return { what: 'fields', fields: keysOf(own) };
  if (/^task\b/.test(own) || /^Task\b/.test(type)) return { what: 'task' };
  if (/^(messages?|history|conversation|thread)$/i.test(own) && !/^string$/.test(type)) return { what: 'messages' };
  return { what: 'text' };
}

/** At the commas between parameters. */
function split(params: string): string[] {
  let depth = 0;
  const parts = [''];
  for (const letter of params) {
    if ('([{<'.includes(letter)) depth += 1;
    if (')]}>'.includes(letter)) depth -= 1;
    if (letter === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim());
}

/** A destructured parameter has colons of its own. */
function splitAt(param: string, colon: string): string[] {
  const from = param.startsWith('{') ? param.indexOf('}') : 0;
  const at = param.indexOf(colon, from);
  return at < 0 ? [param] : [param.slice(0, at).replace('?', '').trim(), param.slice(at + 1).trim()];
}

const keysOf = (braces: string): string[] =>
  [...braces.slice(1, braces.lastIndexOf('}')).matchAll(/(?:^|,)\s*(\w+)/g)].map(([, key]) => key ?? '');

function requestOf(code: string): Takes {
  const [, braces = '', key = ''] =
    /\{([^{}]*)\}\s*(?::[^=]+)?=\s*await\s+\w+(?:\.req)?\.json\(|await\s+\w+(?:\.req)?\.json\(\)\)\.(\w+)/.exec(code) ??
    [];
  const fields = key === '' ? keysOf(`{${braces}}`) : [key];
  if (/toUIMessageStream|toDataStreamResponse|convertTo(Core|Model)Messages|UIMessage/.test(code))
    return { what: 'request', fields, as: 'ai-sdk-ui' };
  if (fields.includes('messages') && /choices/.test(code)) return { what: 'request', fields, as: 'openai-chat' };
  return { what: 'request', fields, as: fields.includes('input') || fields.length === 0 ? 'json' : undefined };
}

// --- Python -------------------------------------------------------------------

function definedIn(file: SourceFile): FoundFunction[] {
  const all = file.code.matchAll(/^(@[^\n]*\n)?(async\s+)?def\s+([a-zA-Z]\w*)\s*\(/gm);
  return [...all].flatMap((start) => {
    const [whole, decorator = '', , name = ''] = start;
    const params = inParentheses(file.code, start.index + whole.length - 1);
    const [first = ''] = split(params);
    const own = /^\w+/.exec(first)?.[0];
    // What a framework calls is reached by its URL.
    if (own === undefined || /\.(post|get|route|put)\(/.test(decorator) || own === 'self') return [];
    const body = file.code.slice(start.index + whole.length).split(/^\S/m, 1)[0] ?? '';
    const what = own === 'task' ? 'task' : /^(messages|history|conversation)$/.test(own) ? 'messages' : 'text';
    return [{ file, name, takes: { what }, pieces: /^\s+yield\b/m.test(body) }];
  });
}

import type { Roles } from '../../core/declaration.ts';
import { importsOf, type SourceFile } from './sources.ts';

type Provider = 'openai' | 'anthropic' | 'google' | 'mistral';

/** How each is called, and the model that stands for it where the code names none. */
const PROVIDERS: Record<
  Provider,
  { protocol: string; base_url: string; key_env: string; model: string; models: RegExp }
> = {
  openai: {
    protocol: 'openai-chat',
    base_url: 'https://api.openai.com/v1',
    key_env: 'OPENAI_API_KEY',
    model: 'gpt-5-mini',
    models: /^(gpt-|chatgpt-|o\d)/,
  },
  anthropic: {
    protocol: 'anthropic-messages',
    base_url: 'https://api.anthropic.com',
    key_env: 'ANTHROPIC_API_KEY',
    model: 'claude-haiku-4-5',
    models: /^claude-/,
  },
  google: {
    protocol: 'gemini',
    base_url: 'https://generativelanguage.googleapis.com',
    key_env: 'GEMINI_API_KEY',
    model: 'gemini-2.5-flash',
    models: /^gemini-/,
  },
  mistral: {
    protocol: 'openai-chat',
    base_url: 'https://api.mistral.ai/v1',
    key_env: 'MISTRAL_API_KEY',
    model: 'mistral-small-latest',
    models: /^(mi[nx]?istral|mistral|codestral|magistral)-/,
  },
};

/** Packages of npm and modules of Python that call models, and whose. */
const SDKS: Record<string, readonly Provider[]> = {
  openai: ['openai'],
  '@ai-sdk/openai': ['openai'],
  '@langchain/openai': ['openai'],
  '@openai/agents': ['openai'],
  langchain_openai: ['openai'],
  agents: ['openai'],
  '@anthropic-ai/sdk': ['anthropic'],
  '@ai-sdk/anthropic': ['anthropic'],
  '@langchain/anthropic': ['anthropic'],
  anthropic: ['anthropic'],
  langchain_anthropic: ['anthropic'],
  '@google/genai': ['google'],
  '@ai-sdk/google': ['google'],
  '@langchain/google-genai': ['google'],
  'google.genai': ['google'],
  'google.generativeai': ['google'],
  langchain_google_genai: ['google'],
  '@ai-sdk/mistral': ['mistral'],
  '@langchain/mistralai': ['mistral'],
  '@mistralai/mistralai': ['mistral'],
  mistralai: ['mistral'],
  // Whose models they call stands in their names.
  ai: [],
  langchain: [],
  litellm: [],
};

/** The SDKs that a file imports. */
export const sdksOf = (file: SourceFile): string[] =>
  Object.keys(SDKS).filter((sdk) =>
    importsOf(file).some(
      (name) => name === sdk || name.startsWith(`${sdk}/`) || (file.language === 'python' && isPart(name, sdk, file)),
    ),
  );

/** `from google import genai` names it in two words. */
const isPart = (name: string, sdk: string, { code }: SourceFile): boolean =>
  name.startsWith(`${sdk}.`) ||
  (sdk.startsWith(`${name}.`) &&
    new RegExp(`from\\s+${name}\\s+import\\s+${sdk.slice(name.length + 1)}\\b`).test(code));

const MODEL = /(["'`])((?:gpt-|chatgpt-|o\d|claude-|gemini-|mistral-|ministral-|codestral-|magistral-)[\w.:-]*)\1/g;
const NAMES = ['primary', 'backup', 'backup-2', 'backup-3'];

/** The models that code calls, in the order in which it names them; undefined where it tells of none. */
export function rolesOf(files: readonly SourceFile[]): Roles | undefined {
  const providers = [...new Set(files.flatMap(sdksOf).flatMap((sdk) => SDKS[sdk] ?? []))];
  const code = files.map((file) => file.code).join('\n');
  const literals = [...new Set([...code.matchAll(MODEL)].map(([, , model = '']) => model))];
  const own = ownServer(code);
  const named = literals.flatMap((model) => {
    const provider = providerOf(model);
    return provider === undefined ? [] : [{ provider, model }];
  });
  const unnamed = providers
    .filter((provider) => own === undefined && !named.some((one) => one.provider === provider))
    .map((provider) => ({ provider, model: PROVIDERS[provider].model }));
  const all = own ?? [...named, ...unnamed];
  if (all.length === 0) return undefined;
  return Object.fromEntries(
    all.slice(0, NAMES.length).map(({ provider, model, ...other }, i) => {
      const { models: _, protocol, ...usual } = PROVIDERS[provider];
      const spoken = provider === 'openai' && saysResponses(code, files) ? 'openai-responses' : protocol;
      return [NAMES[i] ?? '', { provider, protocol: spoken, ...usual, model, ...other }];
    }),
  );
}

/** The provider whose model it is, by the name. */
const providerOf = (model: string): Provider | undefined =>
  (Object.keys(PROVIDERS) as Provider[]).find((name) => PROVIDERS[name].models.test(model));

/** A server of the project's choice that speaks like OpenAI. */
function ownServer(code: string): { provider: 'openai'; model: string; base_url: string }[] | undefined {
  const [, base_url] = /\bbase_?url\s*[:=]\s*["'`](https?:\/\/[^"'`\s$]+)["'`]/i.exec(code) ?? [];
  if (base_url === undefined || Object.values(PROVIDERS).some((one) => one.base_url === base_url)) return undefined;
  const models = [
    ...new Set([...code.matchAll(/\bmodel\s*[:=]\s*["'`]([^"'`\s$]+)["'`]/g)].map(([, model = '']) => model)),
  ];
  return (models.length > 0 ? models : ['my-model']).map((model) => ({ provider: 'openai', model, base_url }));
}

/** Whether OpenAI is asked by its Responses API. */
function saysResponses(code: string, files: readonly SourceFile[]): boolean {
  const sdks = files.flatMap(sdksOf);
  if (sdks.some((sdk) => sdk === '@openai/agents' || sdk === 'agents')) return true;
  if (/\.responses\.(create|stream|parse)\b|use_?responses_?api["']?\s*[:=]\s*true/i.test(code)) return true;
  return sdks.includes('@ai-sdk/openai') && !/\bopenai\.chat\(|\.chat\(\s*["'`]/.test(code);
}

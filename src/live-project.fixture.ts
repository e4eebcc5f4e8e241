/** Keys that are taken by what stands for real providers. */
export const KEYS = {
  OPENAI_API_KEY: 'sk-proj-real-one-0123456789abcdef',
  ANTHROPIC_API_KEY: 'sk-ant-real-two-0123456789abcdef',
};

/** A golden task of a project that is run live. */
export const LIVE_TASK = '{ "name": "a", "input": "When are you open?", "must_include": ["10 am"] }';

/** The configuration of a project whose providers are at this origin; `ca.pem` is their authority. */
export const rolesAt = (origin: string): string => `live: { daily_usd: 5, max_output_tokens: 1000, ledger: spend }
roles:
  primary: { provider: openai, protocol: openai-chat, base_url: "${origin}/v1", model: gpt-5-mini, key_env: OPENAI_API_KEY, ca_file: ca.pem }
  backup: { provider: anthropic, protocol: anthropic-messages, base_url: "${origin}", model: claude-haiku-4-5, key_env: ANTHROPIC_API_KEY, ca_file: ca.pem }
`;

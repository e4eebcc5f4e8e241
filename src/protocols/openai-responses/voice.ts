import { isRecord } from '../../text/json.ts';
import { asRecord, asText } from '../json.ts';
import { openaiErrors } from '../openai-errors.ts';

const shared = openaiErrors({ conversation: 'input', format: 'text.format' });

/** A reply that failed says why in fewer words, and an error event may say them without an object around them. */
export const errors: typeof shared = {
  ...shared,
  read(json) {
    const said = asRecord(json);
    if (said['type'] === 'error' && !isRecord(said['error'])) return shared.read({ error: said });
    const read = shared.read(json);
    if (read !== undefined || said['object'] !== 'response' || said['status'] !== 'failed') return read;
    const { code, message } = asRecord(said['error']);
    return { mode: /image/.test(asText(code)) ? 'unknown' : 'server_error', message: asText(message) };
  },
};

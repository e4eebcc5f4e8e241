import { expect, it } from 'vitest';
import { addressesOf } from './equip.ts';
import { protocols } from './protocols/index.ts';

it('a target is handed nothing of how a role is reached in live mode, and a dummy key', () => {
  const role = {
    ...{ provider: 'ours', protocol: 'openai-chat', base_url: 'https://models.test/v1', model: 'a-model' },
    ...{ key_env: 'OURS_KEY', ca_file: 'certs/corp.pem', allow_private: true },
  };
  const { protocol, base_url, model } = role;
  const { primary } = addressesOf({ primary: role }, protocols);
  expect(primary).toEqual({ protocol, base_url, model, api_key: 'drill-mock-ours_key' });
});

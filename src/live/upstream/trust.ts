import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { orElse } from '../../core/errors.ts';
import { UpstreamRefused } from './failures.ts';
import type { Env } from './proxies.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Whom a role's connections trust: Node's own choice, and what is in the role's file beside it. */
export function trustOf(caFile: string | undefined, cwd: string, env: Env): SecureContext | undefined {
  // Node's own knows NODE_EXTRA_CA_CERTS; a list in its place has to be told.
  if (caFile === undefined) return undefined;
  const extra = env['NODE_EXTRA_CA_CERTS'];
  const ca = [
    ...rootCertificates,
    ...(extra ? (certificatesIn(resolve(cwd, extra)) ?? []) : []),
    ...certificates(caFile, cwd),
  ];
  return createSecureContext({ ca });
}

function certificates(caFile: string, cwd: string): string[] {
  const found = certificatesIn(resolve(cwd, caFile));
  if (found === undefined)
    throw new UpstreamRefused(
      `ca_file ${caFile} cannot be read`,
      'Name a PEM file that is there; its path is relative to where drill was started.',
    );
  if (found.length === 0)
    throw new UpstreamRefused(`ca_file ${caFile} holds no certificate`, 'Give it as PEM: -----BEGIN CERTIFICATE-----.');
  return found;
}

/** Undefined where there is no such file. */
function certificatesIn(path: string): string[] | undefined {
  const text = orElse(() => readFileSync(path, 'utf8'), undefined);
  return text === undefined ? undefined : (text.match(CERTIFICATE) ?? []).filter(isCertificate);
}

const isCertificate = (pem: string): boolean => orElse(() => new X509Certificate(pem).raw.length > 0, false);

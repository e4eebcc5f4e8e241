/** What a process needs of its surroundings to run at all; nothing in here is a secret. */
const ALLOWED =
  /^(?:PATH|PATHEXT|HOME|USER|LOGNAME|SHELL|TERM|TZ|LANG|LANGUAGE|LC_\w+|TMPDIR|TMP|TEMP|PWD|XDG_\w+|SystemRoot|SYSTEMROOT|windir|COMSPEC|APPDATA|LOCALAPPDATA|USERPROFILE|ProgramFiles(?:\(x86\))?|PYTHONPATH|PYTHONHOME|PYTHONUNBUFFERED|VIRTUAL_ENV|CONDA_\w+|PYENV_\w+|JAVA_HOME|MAVEN_HOME|GOPATH|GOROOT|CARGO_HOME|RUSTUP_HOME|NODE_PATH|NODE_EXTRA_CA_CERTS|NVM_\w+|GEM_HOME|GEM_PATH|DOTNET_ROOT|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|SSL_CERT_FILE|SSL_CERT_DIR|SOURCE_DATE_EPOCH|CI)$/;

/** Names like these are of no use to a process, whichever family they are of. */
const SECRET = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH/i;

/** By which every process that a run starts, and whatever those start, can be found again. */
export const MARKER = 'DRILL_PROCESS';

/** The environment of a process of the target's: what it needs to run, what `given` sets, and none of our own keys. */
export function environmentFor(
  own: NodeJS.ProcessEnv,
  ...given: readonly Readonly<Record<string, string>>[]
): Record<string, string> {
  const kept = Object.entries(own).filter(
    (entry): entry is [string, string] => ALLOWED.test(entry[0]) && !SECRET.test(entry[0]) && entry[1] !== undefined,
  );
  return Object.assign(Object.fromEntries(kept), ...given);
}

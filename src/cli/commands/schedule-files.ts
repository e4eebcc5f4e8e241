import { DrillError } from '../../core/errors.ts';
import { isLive, type NamedSchedule, runWords } from '../../core/schedule.ts';
import { execOf, githubText, keepStep, NODE, REPORTS, setUpScript, setUpSteps, yamlText } from './ci-files.ts';
import type { Installed } from './ci-project.ts';
import { calendarsOf, fieldsOf } from './cron-fields.ts';

/** Where the printed files are to be of use. */
export interface Place {
  cwd: string;
  project: Installed;
  /** Node and the command itself, as this machine has them: what starts by itself has no PATH that could be relied on. */
  command: readonly string[];
  /** The container image that holds the project. */
  image: string | undefined;
  /** Variables that hold keys of the project's roles: live runs need them. */
  keys: readonly string[];
}

export interface PrintedFile {
  path: string;
  text: string;
}

/** What one host is given, and what is left to the user. */
export interface Printed {
  files: readonly PrintedFile[];
  hints: readonly string[];
}

export type Print = (entries: readonly NamedSchedule[], place: Place) => Printed;

const written = (host: string) =>
  `# Written by \`drill schedule --print ${host}\`, and yours to change. docs/schedule.md of failover-drill says more.`;

/** The file that each host reads. Each throws a DrillError where a schedule cannot be said there. */
export const PRINTED: Readonly<Record<string, Print>> = { github, gitlab, systemd, kubernetes, crontab };

function github(entries: readonly NamedSchedule[], { project, keys }: Place): Printed {
  for (const entry of entries) mustBeUtc(entry);
  const lines = new Set(entries.map((entry) => plainCron(entry, 'GitHub')));
  const triggers = [...lines].map((line) => `    - cron: ${yamlText(line)}`);
  const text = `${written('github')}
name: Scheduled failover drills

on:
  schedule:
${triggers.join('\n')}
  workflow_dispatch:

permissions:
  contents: read

jobs:
${entries.map((entry) => githubJob(entry, project, keys)).join('\n')}`;
  return {
    files: [{ path: '.github/workflows/failover-drill-schedule.yml', text }],
    hints: [
      'GitHub starts schedules of the default branch only, often minutes late, and leaves some out when it is busy',
    ],
  };
}

function githubJob(entry: NamedSchedule, project: Installed, keys: readonly string[]): string {
  const { name, concurrency_policy: policy } = entry;
  const steps = [
    ...setUpSteps(project),
    '- name: Run the drills',
    ...(isLive(entry) && keys.length > 0 ? ['  env:', ...keys.map((key) => `    ${key}: \${{ secrets.${key} }}`)] : []),
    `  run: ${githubText(shellLine([...execOf(project), ...runWords(entry), '--ci']))}`,
    ...keepStep(`failover-drill-${name}`),
  ];
  const apart =
    policy === 'Allow'
      ? ''
      : `    concurrency:\n      group: failover-drill-${name}\n      cancel-in-progress: ${policy === 'Replace'}\n`;
  const due = `github.event_name == 'workflow_dispatch' || github.event.schedule == '${plainCron(entry, 'GitHub')}'`;
  return `  ${name}:
    if: ${due}
    runs-on: ubuntu-latest
    timeout-minutes: 60
${apart}    steps:
${steps.map((line) => `      ${line}\n`).join('')}`;
}

/** GitLab keeps when a pipeline is due beside the repository: the file says what is run then. */
function gitlab(entries: readonly NamedSchedule[], { project }: Place): Printed {
  const jobs = entries.map((entry) => {
    const { name, concurrency_policy: policy } = entry;
    const script = [...setUpScript(project), shellLine([...execOf(project), ...runWords(entry), '--ci'])];
    return `failover-drill-${name}:
  stage: test
  image: node:${NODE}
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule" && $DRILL_SCHEDULE == "${name}"
${policy === 'Allow' ? '' : `  resource_group: failover-drill-${name}\n`}  timeout: 1 hour
  script:
${script.map((line) => `    - ${yamlText(line)}\n`).join('')}  artifacts:
    when: always
    paths:
      - ${REPORTS}
    reports:
      junit: ${REPORTS}*/junit.xml
`;
  });
  const path = '.gitlab/failover-drill-schedule.gitlab-ci.yml';
  const kept = entries.map(
    ({ name, cron, time_zone: zone }) =>
      `make a pipeline schedule with the interval pattern \`${plainCron({ name, cron }, 'GitLab')}\`, the time zone ${zone} and the variable DRILL_SCHEDULE=${name}`,
  );
  const waits = entries
    .filter(({ concurrency_policy: policy }) => policy === 'Replace')
    .map(
      ({ name }) => `GitLab ends no job for another one of its resource group: a due run of "${name}" waits instead`,
    );
  return {
    files: [{ path, text: `${written('gitlab')}\n${jobs.join('\n')}` }],
    hints: [`add to the \`include:\` list of .gitlab-ci.yml:  - local: ${path}`, ...kept, ...waits],
  };
}

function systemd(entries: readonly NamedSchedule[], { cwd, command }: Place): Printed {
  const files = entries.flatMap((entry) => {
    const { name, cron, time_zone: zone, jitter_seconds: jitter } = entry;
    const calendars = calendarsOf(fieldsOf(cron) ?? unsaid(entry, 'systemd'));
    const service = `${written('systemd')}
[Unit]
Description=Failover drills: ${name}

[Service]
Type=oneshot
WorkingDirectory=${cwd.replaceAll('%', '%%')}
ExecStart=${[...command, ...runWords(entry)].map(unitWord).join(' ')}
`;
    const timer = `${written('systemd')}
[Unit]
Description=When failover drills run: ${name}

[Timer]
${calendars.map((calendar) => `OnCalendar=${calendar} ${zone}\n`).join('')}AccuracySec=1s
${jitter === 0 ? '' : `RandomizedDelaySec=${jitter}\n`}
[Install]
WantedBy=timers.target
`;
    const unit = `failover-drill-${name}`;
    return [
      { path: `${unit}.service`, text: service },
      { path: `${unit}.timer`, text: timer },
    ];
  });
  const timers = files.flatMap(({ path }) => (path.endsWith('.timer') ? [path] : []));
  const allowed = entries.filter(({ concurrency_policy: policy }) => policy !== 'Forbid').map(({ name }) => name);
  return {
    files,
    hints: [
      'two files a schedule, for ~/.config/systemd/user/: --to DIR writes each by its name',
      `then: systemctl --user daemon-reload && systemctl --user enable --now ${timers.join(' ')}`,
      ...(allowed.length === 0
        ? []
        : [`systemd never runs a unit twice at once: of ${allowed.join(', ')} a due run is left out instead`]),
    ],
  };
}

function kubernetes(entries: readonly NamedSchedule[], { project, image }: Place): Printed {
  if (image === undefined)
    throw new DrillError({
      message: 'nothing says in which container the drills run',
      place: { file: '--image' },
      fix: 'name the image that holds your project and its packages: --image registry.example/my-agent:1.2',
    });
  const documents = entries.map((entry) => {
    const { name, cron, time_zone: zone, concurrency_policy: policy, starting_deadline_seconds: deadline } = entry;
    const limits = [
      ['successfulJobsHistoryLimit', entry.successful_runs_history_limit],
      ['failedJobsHistoryLimit', entry.failed_runs_history_limit],
    ].flatMap(([key, value]) => (value === undefined ? [] : [`  ${key}: ${value}\n`]));
    // Kubernetes puts variables in the place of $(NAME).
    const words = [...execOf(project), ...runWords(entry), '--ci'].map((word) =>
      yamlText(word.replaceAll('$(', '$$(')),
    );
    return `apiVersion: batch/v1
kind: CronJob
metadata:
  name: failover-drill-${name.replaceAll('_', '-').replace(/-+$/, '')}
spec:
  schedule: ${yamlText(plainCron({ name, cron }, 'Kubernetes'))}
  timeZone: ${yamlText(zone === 'UTC' ? 'Etc/UTC' : zone)}
  concurrencyPolicy: ${policy}
  startingDeadlineSeconds: ${deadline}
${limits.join('')}  jobTemplate:
    spec:
      # A run that was ended is not begun again.
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: drill
              image: ${yamlText(image)}
              command: [${words.join(', ')}]
`;
  });
  return {
    files: [{ path: 'failover-drill-schedule.yaml', text: `${written('kubernetes')}\n${documents.join('---\n')}` }],
    hints: ['the reports go with the pod: mount a volume at reports/ of the project to keep them'],
  };
}

function crontab(entries: readonly NamedSchedule[], { cwd, command }: Place): Printed {
  const zones = new Set(entries.map(({ time_zone: zone }) => zone));
  const blocks = entries.map((entry) => {
    const { name, cron, time_zone: zone } = entry;
    const line = `cd ${shellWord(cwd)} && ${shellLine([...command, ...runWords(entry)])}`;
    // To cron a percent sign is the end of the line.
    return `# ${name}\nCRON_TZ=${zone}\n${plainCron({ name, cron }, 'cron')} ${line.replaceAll('%', '\\%')}\n`;
  });
  return {
    files: [{ path: 'failover-drill.crontab', text: `${written('crontab')}\n${blocks.join('')}` }],
    hints: [
      `CRON_TZ is known to cronie; Debian’s cron and busybox go by the zone of the machine, which must then be ${[...zones].join(' and ')}`,
      'cron knows no concurrency policy and no deadline: drill schedule and systemd do',
    ],
  };
}

/** GitHub and the like read five fields of figures, names, lists, ranges and steps, and nothing else. Throws a DrillError. */
function plainCron(entry: Pick<NamedSchedule, 'name' | 'cron'>, host: string): string {
  const { cron } = entry;
  const plain = cron.split(/\s+/).length === 5 && !/[^\d\s*,/A-Za-z-]|\b[LW]\b|\dL|L\d|\dW/.test(cron);
  // The schema of GitHub’s workflows knows names of days and months in capitals only; the others know both.
  return plain ? cron.toUpperCase() : unsaid(entry, host);
}

function unsaid({ name, cron }: Pick<NamedSchedule, 'name' | 'cron'>, host: string): never {
  throw new DrillError({
    message: `${host} cannot be told the cron line "${cron}" of "${name}"`,
    place: { file: '--print' },
    fix: 'write it with five plain fields (no seconds, no nickname, no L, W, # or ?), or let `drill schedule` run it',
  });
}

function mustBeUtc({ name, time_zone: zone }: NamedSchedule): void {
  if (['UTC', 'Etc/UTC'].includes(zone)) return;
  throw new DrillError({
    message: `GitHub reads cron lines in UTC, and "${name}" is meant in ${zone}`,
    place: { file: '--print' },
    fix: 'write it in UTC with `time_zone: UTC`; systemd, kubernetes, gitlab and `drill schedule` itself know time zones',
  });
}

const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

const shellLine = (words: readonly string[]): string => words.map(shellWord).join(' ');

/** In a unit, percent signs and dollars stand for something, quotes and backslashes are quoted as in C. */
function unitWord(word: string): string {
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@%+=:,./-]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, '\\$&')}"`;
}

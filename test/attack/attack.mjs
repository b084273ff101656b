// attack.mjs - what an attacker tries against a serving exchange, one function a kind of attack. What is
// tried it reads from the program's own tables (permissions, openapi), so a new op or page is tried
// without an edit here. Beside these: test/guard (malformed requests), test/access (sessions, limits),
// test/canary (secrets), test/matrix (every op by every role and relation), test/oidc (a lying provider).
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { infected, tags } from './html.mjs';
import { all, api, ask, cases, judge, log_lines, plant, raw, remove, run, serve, sign_in, tables } from './place.mjs';

const XPWN = `xpwn"'><xpwn>`;
const SETTINGS = 'second_factor_demo: yes\nagreement_required: no\nlog_level: 0\nupload_mb_max: 1\n';
const ROWS = 6;     // Ids tried of each type.

// Every name below a folder. (readdirSync's own way trips over a socket in Debian 12's node.)
function names_below(folder, before = '') {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => entry.isDirectory()
    ? [before + entry.name, ...names_below(join(folder, entry.name), `${before}${entry.name}/`)] : [before + entry.name]);
}

const admins = ['system', 'security', 'audit'];
// Somebody who may do it, else whoever has an account.
const doer = (people, op) => people.find(one => one.place === 'far' && op.roles.includes(one.role)) ??
  people.find(one => one.login === 'own-office');
const count_of = reply => reply.total ?? reply.items?.length ?? 0;
const plausible = (field, text) => field.codes ? field.codes[0] : field.date ? '2027-01-01' :
  field.type === 'integer' ? 1 : field.type === 'boolean' ? true :
    field.type === 'array' ? [1] : text;

// --- SQL ------------------------------------------------------------------------------------------

// Each beside harmless text that has the same words: both must find as many.
const SQL = [
  [`zqxj'`, 'zqxj'], [`zqxj' OR 'a'='a`, 'zqxj OR a a'], [`zqxj" OR "a"="a`, 'zqxj OR a a'],
  [`zqxj'; DROP TABLE org;--`, 'zqxj DROP TABLE org'], [`zqxj' UNION SELECT password FROM account--`, 'zqxj UNION SELECT password FROM account'],
  [`zqxj%' OR 1=1 /*`, 'zqxj OR 1 1'], [`zqxj\\' OR 1=1#`, 'zqxj OR 1 1'], [`zqxj$1 ?1 :a @b`, 'zqxj 1 1 a b'],
  [`zqxj* NEAR(a b) AND "`, 'zqxj NEAR a b AND'], [`%`, 'zqxj'], [`_`, 'zqxj'], [`zqxj\u0000' OR 1=1`, null], [`zqxj\ud800`, null],
  [`zqxj${'A'.repeat(40000)}`, null], [`zqxj${'\''.repeat(400)}`, 'zqxj'],
];
const NUMBERS = ['1 OR 1=1', '1;DROP TABLE org', '9223372036854775808', '-9223372036854775808', '1e309', '0x1', '-1', '\'', '1)', 'NaN'];

async function sql(place, { ops }, people) {
  const tries = [];
  for (const op of ops.filter(one => one.kind === 'read'))
    for (const field of op.fields) {
      if (field.type === 'string' || field.type === 'array')
        for (const [bad, plain] of SQL) tries.push({ op, field, bad, plain: field.codes || field.date ? null : plain });
      else for (const bad of NUMBERS) tries.push({ op, field, bad, plain: null });
    }
  const plain_counts = new Map();
  const ask_with = (op, field, value) => {
    const input = Object.fromEntries(op.fields.filter(one => one.name === 'id' && one !== field).map(one => [one.name, 1]));
    return api(place, op.name, { ...input, [field.name]: field.type === 'array' ? [value] : value }, doer(people, op));
  };
  await all(tries, async ({ op, field, bad, plain }) => {
    const answer = await ask_with(op, field, bad), reply = answer.json();
    const what = `${op.name} ${field.name}=${JSON.stringify(bad).slice(0, 60)}`;
    let wrong = ['store', 'bug', 'io'].includes(reply.error?.code) ? `error ${reply.error.code}` : '';
    // A suggestion completes what was typed to the letter: other letters, other suggestions.
    if (!wrong && answer.status === 200 && plain !== null && op.name !== 'search.suggest') {
      const key = `${op.name} ${field.name} ${plain}`;
      if (!plain_counts.has(key)) plain_counts.set(key, count_of((await ask_with(op, field, plain)).json()));
      if (count_of(reply) !== plain_counts.get(key))
        wrong = `finds ${count_of(reply)}, the same words in plain text ${plain_counts.get(key)}`;
    }
    judge('SQL', what, wrong);
  });
}

// The same and markup, headers and length in every text of every act; and in every query of every page.
async function writes(place, { ops }, people) {
  const texts = [`zqxj'; DROP TABLE org;-- ${XPWN}\r\nX-Pwn: 1`, `zqxj\u0000${XPWN}`, `zqxj${'长'.repeat(30000)}`];
  const tries = ops.filter(op => op.kind !== 'read' && !/^session\.|^account\.password|^second\./.test(op.name))
    .flatMap(op => texts.map(text => ({ op, text })));
  await all(tries, async ({ op, text }) => {
    const input = Object.fromEntries(op.fields.map(field => [field.name, plausible(field, text)]));
    const reply = (await api(place, op.name, input, doer(people, op))).json();
    judge('writes', `${op.name} ${JSON.stringify(text).slice(0, 40)}`,
      ['store', 'bug', 'io'].includes(reply.error?.code) ? `error ${reply.error.code} ${reply.error.key}` : '');
  });
}

// --- markup ---------------------------------------------------------------------------------------

async function markup(place, { ops, pages }, people) {
  const by = login => people.find(one => one.login === login);
  const readers = [null, ...['own-office', 'own-firm', 'far-operator', 'far-department', 'far-security', 'far-audit', 'far-system', 'far-manager', 'far-inventor']
    .map(by)];
  const query = `?q=${encodeURIComponent(XPWN)}&tab=${encodeURIComponent(XPWN)}&sort=${encodeURIComponent(XPWN)}&next=${encodeURIComponent(`//x${XPWN}`)}` +
    `&page=${encodeURIComponent(XPWN)}&code=${encodeURIComponent(XPWN)}&field=${encodeURIComponent(XPWN)}&kind=${encodeURIComponent(XPWN)}&lang=${encodeURIComponent(XPWN)}`;
  const tries = [];
  for (const page of pages)
    for (const who of readers) {
      if (who && !page.roles.some(role => ['public', 'signed', who.role].includes(role))) continue;
      if (!who && !page.roles.includes('public')) continue;
      if (page.path.includes('{name}')) continue;
      for (let id = 1; id <= (page.path.includes('{id}') ? ROWS : 1); id++) {
        const path = page.path.replace('{id}', id);
        tries.push({ path, who });
        if (id === 1) tries.push({ path: path + query, who }, { path: `${path}?mine=1&lang=en`, who });
      }
    }
  for (const op of ops)
    for (const who of [by('own-office'), by('far-operator'), by('far-security')])
      tries.push({ who, path: `/form/${op.name}?${op.fields.map(field => `${field.name}=${encodeURIComponent(field.type === 'integer' ? 1 : XPWN)}`).join('&')}` });
  for (const name of ['1', '6', 'x', encodeURIComponent(XPWN)]) tries.push({ path: `/consent/sign/${name}`, who: by('own-office') });
  for (const path of ['/xpwn', `/${encodeURIComponent(XPWN)}`, `/form/${encodeURIComponent(XPWN)}`, `/do/${encodeURIComponent(XPWN)}`])
    tries.push({ path, who: null }, { path, who: by('own-office') });
  let seeded = 0;
  await all(tries, async ({ path, who }) => {
    const answer = await ask(place, path, { who });
    seeded += !path.includes('?') && answer.text().includes('&lt;xpwn');
    const html = /^text\/html/.test(answer.headers['content-type'] ?? '');
    judge('markup', `${path.slice(0, 60)} as ${who?.login ?? 'public'}`, html ? infected(answer.text()) : '');
  });
  judge('markup', 'what was planted stands in the pages, as text', seeded > 60 ? '' : `in ${seeded} alone`);
  // What was typed comes back in the page that refuses it.
  await all(ops.filter(op => op.kind !== 'read'), async op => {
    const who = doer(people, op);
    const form = { csrf: who.csrf, back: `/form/${op.name}`, ...Object.fromEntries(op.fields.map(field => [field.name, field.type === 'integer' ? 'x' + XPWN : XPWN])) };
    if (/^session\./.test(op.name)) return;
    const answer = await ask(place, `/do/${op.name}`, { who, form });
    judge('markup', `refused ${op.name}`, /html/.test(answer.headers['content-type'] ?? '') ? infected(answer.text()) : '');
  });
}

// JSON is told as JSON, and a stream of events has only lines of events.
async function other_forms(place, { ops }, people) {
  let seeded = 0;
  await all(ops.filter(op => op.kind === 'read'), async op => {
    const answer = await api(place, op.name, { ...(op.fields.some(field => field.name === 'id') ? { id: 1 } : {}) }, doer(people, op));
    let wrong = /^application\/json/.test(answer.headers['content-type']) ? '' : `is ${answer.headers['content-type']}`;
    try { answer.json(); } catch (error) { wrong ||= String(error); }
    seeded += answer.text().includes('xpwn');
    judge('JSON', op.name, wrong);
  });
  judge('JSON', 'what was planted is in it', seeded > 15 ? '' : `in ${seeded} replies alone`);
  for (const name of ['lot', 'lot/', 'lot/x', 'lot/0', 'lot/-1', 'lot/01', 'lot/1x', 'lot/1/2', 'need/1', `lot/${'9'.repeat(30)}`, XPWN])
    judge('live', `no channel ${name}`, [400, 404].includes((await ask(place, `/live/${encodeURI(name)}`)).status) ? '' : 'is followed');
  for (let id = 1; id <= ROWS; id++) {
    const text = await raw(place, `GET /live/lot/${id} HTTP/1.1\r\nHost: x\r\nLast-Event-ID: ${XPWN}\r\n\r\n`, 150);
    const [head, ...lines] = text.split('\r\n\r\n');
    const bad = lines.join('\r\n\r\n').split(/\r?\n/).find(line => line && !/^(:|data:|event:|id:|retry:|[0-9a-f]+$)/i.test(line));
    judge('live', `lot ${id}`, /^HTTP\/1.1 (200|404)/.test(head) ? bad && /event-stream/.test(head) ? `line ${bad}` : '' : head.slice(0, 60));
  }
}

// --- headers, the log -----------------------------------------------------------------------------

const BREAKS = ['%0d%0aX-Pwn:%201', '%0aX-Pwn:%201', '%0d%0a%0d%0a<xpwn>', '%E5%98%8A%E5%98%8DX-Pwn:1', '%00X-Pwn:1', '\u2028X-Pwn: 1'];

async function header_lines(place, people) {
  const who = people.find(one => one.login === 'own-office');
  for (const line of BREAKS) {
    const decoded = decodeURIComponent(line), coded = encodeURIComponent(decoded);
    const tries = [
      ['back of an act', { path: '/do/account.edit', who, form: { csrf: who.csrf, name: 'P', back: `/me${decoded}` } }],
      ['next of an act', { path: '/do/account.edit', who, form: { csrf: who.csrf, name: 'P', back: '/form/account.edit', next: `/me${decoded}` } }],
      ['sign in', { path: '/do/session.open', form: { login: `a${decoded}`, password: 'x', back: `/${decoded}` } }],
      ['a page for nobody', { path: `/me?next=/a${coded}` }],
      ['the second factor', { path: `/me/second?next=/a${coded}`, who }],
      ['lang', { path: `/?lang=en${coded}` }],
      ['a path', { path: `/form/${coded}` }],
      ['the hash of a paper', { path: '/do/consent.check', form: { hash: `a${decoded}`, back: `/consent/verify${decoded}` } }],
      ['the name of a file', { path: '/do/import.upload', who, ...multipart(who, `a${decoded}.csv`, 'text/csv', 'a,b\n1,2\n') }],
    ];
    for (const [what, { path, ...how }] of tries) {
      const answer = await ask(place, path, how);
      judge('headers', `${what} with ${line}`, answer.headers['x-pwn'] ? 'injected' : '');
    }
    const text = await raw(place, `GET /lots?next=${line.replace(/[^!-~]/g, '')} HTTP/1.1\r\nHost: x\r\nCookie: lang=en${coded}; flash=${coded}\r\nUser-Agent: a${coded}\r\nConnection: close\r\n\r\n`);
    judge('headers', `raw with ${line}`, /^x-pwn/im.test(text.split('\r\n\r\n')[0]) ? 'injected' : '');
  }
}

function log_is_lines(said) {
  for (const line of log_lines(said)) {
    let wrong = '';
    try {
      const one = JSON.parse(line);
      if (typeof one.event !== 'string' || typeof one.at !== 'string' && typeof one.at !== 'number') wrong = 'no event';
      if (/xpwn/i.test(line) && /\n|\r/.test(JSON.stringify(line))) wrong = 'broken';
      if (['front.header_refused'].includes(one.event)) wrong = 'a value reached a header with a line break in it';
    } catch { wrong = 'is no JSON object'; }
    if (wrong) judge('log', line.slice(0, 160), wrong);
  }
  judge('log', `all ${log_lines(said).length} lines are JSON objects`, '');
}

// --- paths ----------------------------------------------------------------------------------------

const SECRETS = /second_factor_demo|SQLite format 3|BEGIN [A-Z ]*KEY|root:x:/;
const CLIMBS = ['../', '..%2f', '%2e%2e/', '%2e%2e%2f', '..%5c', '..\\', '....//', '%252e%252e%252f', '..%c0%af', '..%00/', './../'];
const GOALS = ['settings.yaml', 'techbourse.db', 'keys/secrets.key', 'etc/passwd'];

async function paths(place, data, people) {
  const auditor = people.find(one => one.login === 'far-audit'), office = people.find(one => one.login === 'own-office');
  const tries = [];
  for (const climb of CLIMBS)
    for (const goal of GOALS)
      for (const base of ['/static/', '/static/lib/', '/import/', '/audit/export/', '/consent/', '/live/lot/', '/api/v1/', '/form/', '/'])
        tries.push({ path: `${base}${climb.repeat(goal === 'etc/passwd' ? 8 : 3)}${goal}`, who: base.startsWith('/audit') ? auditor : office });
  for (const goal of ['/import/../../settings/rejects.xlsx', '/import/1%2f..%2f1/rejects.xlsx', '/import/%2e%2e/rejects.xlsx', '/consent/../1/paper.pdf',
    '/audit/export/1/../../x', '//etc/passwd', '/static//etc/passwd', '/static/%00', '/audit/export/-1', '/audit/export/1e1', '/import/ 1/rejects.xlsx'])
    tries.push({ path: encodeURI(goal).replace(/%25/g, '%'), who: auditor }, { path: encodeURI(goal).replace(/%25/g, '%'), who: office });
  await all(tries, async ({ path, who }) => {
    const answer = await ask(place, path, { who });
    judge('paths', path, SECRETS.test(answer.body.toString('latin1')) ? 'gives a file away' : '');
  });
  for (const name of ['../../settings.yaml', '../keys/secrets.key', '/etc/passwd', 'a/../../b', '%2e%2e/x', '..'])
    for (const hash of [name, name + '\u0000' + 'a'.repeat(64)]) {
      const reply = (await api(place, 'import.upload', { file_hash: hash, name }, office)).json();
      judge('paths', `import of the file ${JSON.stringify(hash).slice(0, 40)}`, reply.error ? '' : 'was taken');
    }
  const names = readdirSync(join(data, '..'));
  judge('paths', 'nothing lies beside the data folder', names.length === 1 ? '' : names.join(' '));
}

// --- files ----------------------------------------------------------------------------------------

function multipart(who, name, type, bytes, more = {}) {
  const line = '----techbourse-attack';
  const fields = Object.entries({ csrf: who.csrf, back: '/import', org_id: '1', ...more })
    .map(([field, value]) => `--${line}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`).join('');
  const file = `--${line}\r\nContent-Disposition: form-data; name="file"; filename="${name.replace(/"/g, '%22').replace(/[\r\n]/g, ' ')}"\r\nContent-Type: ${type}\r\n\r\n`;
  return { method: 'POST', headers: { 'content-type': `multipart/form-data; boundary=${line}` },
    body: Buffer.concat([Buffer.from(fields + file), Buffer.from(bytes), Buffer.from(`\r\n--${line}--\r\n`)]) };
}

const FILES = [
  ['page.csv', 'text/csv', `<html><script>xpwn()</script>,b\n${XPWN},2\n`], ['page.html', 'text/html', '<xpwn>专利名称,申请号\na,b\n'],
  ['drawing.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" onload="xpwn()"><script>xpwn()</script></svg>'],
  ['zip.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', Buffer.from('504b0506000000000000000000000000000000000000', 'hex')],
  ['both.xlsx', 'application/pdf', `%PDF-1.4\n<script>xpwn()</script>\nPK\u0003\u0004`], ['entity.xml', 'text/xml', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
  ['lines.json', 'application/json', `{"专利名称":"${'<xpwn>'}","申请号":"x"}\n`], [`${XPWN}.csv`, 'text/csv', `专利名称,申请号\n=cmd|'/c calc'!A1,${XPWN}\n@x,+1\n`],
  ['..\\..\\x.csv', 'text/csv', '专利名称,申请号\na,b\n'], ['x.csv\u0000.html', 'text/html', '专利名称,申请号\na,b\n'], ['program.exe', 'application/x-msdownload', 'MZ\u0090\u0000'],
];

async function files(place, data, people) {
  const who = people.find(one => one.login === 'own-office');
  const ids = [];
  for (const [name, type, bytes] of FILES) {
    const answer = await ask(place, '/do/import.upload', { who, ...multipart(who, name, type, bytes) });
    const id = /^\/import\/(\d+)$/.exec(answer.headers.location ?? '')?.[1];
    if (id) ids.push(id);
    judge('files', `${name} is sent`, answer.status < 500 && !infected(answer.text()) ? '' : `${answer.status} ${infected(answer.text())}`);
  }
  judge('files', 'some are taken, to be looked at', ids.length >= 3 ? '' : `${ids.length} of ${FILES.length}`);
  for (const id of ids) {
    const page = await ask(place, `/import/${id}`, { who });
    judge('files', `page of import ${id}`, page.status === 200 ? infected(page.text()) : `status ${page.status}`);
    for (const file of ['rejects.xlsx', 'warnings.xlsx']) {
      const back = await ask(place, `/import/${id}/${file}`, { who });
      if (back.status !== 200) continue;
      const form = back.headers['content-disposition'] ?? '';
      judge('files', `${file} of import ${id}`, /spreadsheetml/.test(back.headers['content-type']) && /^attachment; filename="[\w.-]+"$/.test(form) ? '' : `${back.headers['content-type']} ${form}`);
    }
  }
  // Whatever lies in the data folder, its address is not one of the web.
  for (const name of names_below(data).slice(0, 40)) {
    const answer = await ask(place, `/${encodeURI(String(name))}`, { who });
    judge('files', `/${name}`, [404, 303, 403].includes(answer.status) ? '' : `status ${answer.status}`);
  }
}

// --- others' sites --------------------------------------------------------------------------------

const ELSEWHERE = ['https://evil.example', '//evil.example', '/\\evil.example', '/%5cevil.example', '\\\\evil.example', '/\tevil.example', '///evil.example', 'javascript:alert(1)',
  '/\n/evil.example', 'http:evil.example', ' //evil.example', '/.//evil.example/..//', '/%09/evil.example', '@evil.example', '/@evil.example', '.evil.example', '/\u0000//evil.example'];

async function redirects(place, people) {
  const who = people.find(one => one.login === 'own-firm');
  const leads = to => to !== undefined && new URL(to, `http://home.example`).host !== 'home.example' ? `leads to ${to}` : '';
  await all(ELSEWHERE, async to => {
    const coded = encodeURIComponent(to);
    for (const path of [`/signin?next=${coded}`, `/me/second?next=${coded}`, `/me/password?next=${coded}`, `/form/account.edit?next=${coded}`, `/me?next=${coded}`, `/oidc/start?next=${coded}`])
      for (const one of [who, null]) {
        const answer = await ask(place, path, { who: one });
        let wrong = leads(answer.headers.location);
        if (/html/.test(answer.headers['content-type'] ?? ''))
          for (const tag of tags(answer.text()))
            for (const [name, value] of tag.attrs)
              if (/^(href|action)$/.test(name) || (tag.name === 'input' && name === 'value' && tag.attrs.some(([n, v]) => n === 'name' && /^(back|next)$/.test(v))))
                if (value.includes('evil.example') && /^(href|action)$/.test(name)) wrong ||= leads(value);
        judge('redirect', path, wrong);
      }
    for (const field of ['back', 'next']) {
      const answer = await ask(place, '/do/account.edit', { who, form: { csrf: who.csrf, name: 'P', back: '/form/account.edit', [field]: to } });
      judge('redirect', `${field}=${JSON.stringify(to)} of an act`, leads(answer.headers.location));
    }
    const signed = await ask(place, '/do/session.open', { form: { login: 'nobody', password: 'x', back: to } });
    judge('redirect', `back=${JSON.stringify(to)} of a sign-in`, leads(signed.headers.location));
  });
}

const head_seq = async place => (await api(place, 'log.head', {})).json().seq ?? 0;

// Every post of a signed-in browser needs its own session's word, and to come from our own pages.
async function forgery(place, { ops }, people) {
  const who = people.find(one => one.login === 'far-operator'), other = people.find(one => one.login === 'own-firm');
  const own = `http://127.0.0.1:${place.port}`;
  const ways = [
    ['no token', {}, {}], ['an empty token', { csrf: '' }, {}], ["another's token", { csrf: other.csrf }, {}], ['the session as token', { csrf: who.token }, {}],
    ['half a token', { csrf: who.csrf.slice(0, 16) }, {}], ['twice, wrong first', { csrf: `x${who.csrf}` }, {}],
    ['another site', { csrf: who.csrf }, { 'sec-fetch-site': 'cross-site' }], ['a site beside', { csrf: who.csrf }, { 'sec-fetch-site': 'same-site' }],
    ['another origin', { csrf: who.csrf }, { origin: 'https://evil.example' }], ['an origin that begins alike', { csrf: who.csrf }, { origin: `${own}.evil.example` }],
    ['an origin of nobody', { csrf: who.csrf }, { origin: 'null' }],
  ];
  const tries = ops.filter(op => op.kind !== 'read').flatMap(op => ways.map(way => [op, ...way]));
  const before = await head_seq(place);
  await all(tries, async ([op, what, token, headers]) => {
    const input = Object.fromEntries(op.fields.map(field => [field.name, plausible(field, 'enough plain words')]));
    const upload = op.name === 'import.upload', check = op.name === 'consent.check';
    const answer = upload || check ? await ask(place, `/do/${op.name}`, { who, ...multipart({ csrf: token.csrf ?? '' }, 'a.csv', 'text/csv', 'a'), headers: { ...multipart({}, 'a', 'a', 'a').headers, ...headers } })
      : await ask(place, `/do/${op.name}`, { who, form: { ...input, ...token }, headers });
    judge('forgery', `${op.name}, ${what}`, answer.status === 403 ? '' : `status ${answer.status}`);
    if (upload) return;
    const said = await ask(place, op.path, { who, json: input, headers: { ...headers, ...(token.csrf === undefined ? {} : { 'x-csrf': token.csrf }) } });
    judge('forgery', `${op.name} by the API, ${what}`, said.status === 403 && said.json().error.key === 'web.csrf' ? '' : `status ${said.status} ${said.text().slice(0, 120)}`);
  });
  const raw_file = await ask(place, '/api/v1/file', { who, body: 'a', headers: { 'content-type': 'application/octet-stream' } });
  judge('forgery', 'a file', raw_file.status === 403 ? '' : `status ${raw_file.status}`);
  judge('forgery', 'left nothing behind', await head_seq(place) === before ? '' : 'there are new facts');
  // Nobody signed in: what would sign him in as the attacker comes from our own pages, too.
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }, { origin: 'null' }]) {
    const answer = await ask(place, '/do/session.open', { form: { login: 'far-firm', password: 'Four small words', back: '/' }, headers });
    judge('forgery', `a sign-in from ${JSON.stringify(headers)}`, answer.status === 403 && !answer.headers['set-cookie']?.some(line => line.startsWith('session=')) ? '' : `status ${answer.status}`);
  }
  // By GET nothing is done.
  for (const op of ops.filter(one => one.kind !== 'read'))
    for (const path of [`/do/${op.name}?csrf=${who.csrf}&id=1`, `${op.path}?id=1`]) {
      const answer = await ask(place, path, { who });
      judge('forgery', `GET ${path.split('?')[0]}`, [400, 404, 405].includes(answer.status) ? '' : `status ${answer.status}`);
    }
}

// --- more than was asked ---------------------------------------------------------------------------

// Every column of every record beside the op's own inputs: refused by name, and nothing is written.
async function extra_fields(place, { ops, columns }, people) {
  const hidden = [...columns, 'roles', 'second_ms', 'session_id', '__proto__', 'constructor', 'right', 'encoded', 'csrf', '_hidden'];
  const before = await head_seq(place);
  const tries = ops.flatMap(op => {
    const extra = [...new Set(hidden)].filter(name => !op.fields.some(field => field.name === name) && !(op.name === 'session.close' && name === 'session_id'));
    const parts = [];
    for (let at = 0; at < extra.length; at += 30) parts.push([op, extra.slice(at, at + 30)]);
    return parts;
  });
  await all(tries, async ([op, names]) => {
    const answer = await ask(place, op.path, { as: 'bearer', who: doer(people, op), json: `{${names.map(name => `${JSON.stringify(name)}:1`).join(',')}}` });
    const reply = answer.json(), told = new Set((reply.error?.fields ?? []).filter(one => one.key === 'field.unknown').map(one => one.field));
    const missed = names.filter(name => !told.has(name));
    judge('extra fields', `${op.name}: ${names[0]}..`, answer.status === 400 && !missed.length ? '' : `status ${answer.status}, taken: ${missed.join(' ')}`);
  });
  judge('extra fields', 'nothing was written', await head_seq(place) === before ? '' : 'there are new facts');
}

// A form ignores them: the row has what the op gives it.
async function extra_in_forms(place, data, people) {
  const who = people.find(one => one.login === 'own-firm'), guard = people.find(one => one.login === 'far-security');
  const mine = (await api(place, 'account.show', {}, who)).json().account;
  await ask(place, '/do/account.edit', { who, form: { csrf: who.csrf, name: 'Q', roles: 'operator', org_id: '1', login: 'far-operator', closed: '1', id: '1', account_id: '1', must_change: '1', totp_on_ms: '0', password: 'x', back: '/me' } });
  const after = (await api(place, 'account.show', {}, who)).json().account;
  judge('extra fields', 'account.edit', after?.name === 'Q' && after.login === mine.login && after.org_id === mine.org_id && after.id === mine.id ? '' : JSON.stringify(after));
  const grants = (await api(place, 'account.open', { id: mine.id }, guard)).json();
  judge('extra fields', 'account.edit gives no role', JSON.stringify(grants).includes('operator') ? 'a role more' : '');
  const posted = await ask(place, '/do/need.post', { who, form: { csrf: who.csrf, title: 'A need like others', problem: 'A problem that is told in enough words', amount_fen: '100', cooperation: 'joint', field: 'ai',
    valid_until_date: '2099-01-01', state: '3', org_id: '2', id: '9999', rev: '77', made_ms: '1', score: '9', back: '/needs' } });
  const id = /\/need\/(\d+)/.exec(posted.headers.location ?? '')?.[1];
  const need = id ? (await api(place, 'need.show', { id: Number(id) }, who)).json().need : null;
  judge('extra fields', 'need.post', need && need.state !== 'published' && need.org_id === mine.org_id && need.id !== 9999 && need.rev === 1 ? '' : `${posted.status} ${JSON.stringify(need)}`);
}

// --- ids -------------------------------------------------------------------------------------------

// Every address with an id, as a stranger of each role. Who has no permission gets no page; a file
// that belongs to others is given to nobody but those whom its own permission names.
async function ids(place, { pages, addresses }, people) {
  const strangers = [null, ...people.filter(one => one.place === 'far')];
  const may = (row, who) => row.roles.some(role => role === 'public' || (who && (role === 'signed' || role === who.role)));
  const keeps = { '/import/{id}': ['operator'], '/consent/{id}': ['operator'], '/deal/{id}': ['operator'], '/import/*/rejects.xlsx': ['operator'], '/import/*/warnings.xlsx': ['operator'],
    '/consent/*/paper.pdf': ['operator'], '/audit/export/*': ['audit'], '/joining/{id}': ['operator', 'department'] };
  const tries = [...pages, ...addresses].filter(row => /\{id\}|\*/.test(row.path) && !/^\/(static|live|do|api)\//.test(row.path))
    .flatMap(row => strangers.flatMap(who => Array.from({ length: ROWS }, (_, i) => [row, who, i + 1])));
  await all(tries, async ([row, who, id]) => {
    const answer = await ask(place, row.path.replace('{id}', id).replace('*', id), { who });
    const allowed = may(row, who), own = keeps[row.path];
    let wrong = '';
    if (!allowed && ![303, 401, 403, 404].includes(answer.status)) wrong = `status ${answer.status} without permission`;
    if (allowed && own && !own.includes(who?.role) && ![303, 401, 403, 404].includes(answer.status)) wrong = `status ${answer.status}: it is another's`;
    judge('ids', `${row.path} ${id} as ${who?.login ?? 'public'}`, wrong);
  });
  for (const id of ['0', '-1', '99999999999999999999', '1.5', '1e3', '0x1', '1%20', '%EF%BC%91', 'a'])
    for (const row of pages.filter(one => one.path.includes('{id}'))) {
      const answer = await ask(place, row.path.replace('{id}', id), { who: strangers[1] });
      judge('ids', `${row.path} ${id}`, [303, 400, 401, 403, 404].includes(answer.status) ? '' : `status ${answer.status}`);
    }
}

// --- too much, too slow ----------------------------------------------------------------------------

// What a stranger sends is not even kept for the time it takes to come.
async function half_files(place, data, people) {
  const halves = () => names_below(data).filter(name => name.includes('half-')).length;
  const own = people.find(one => one.login === 'own-office');
  for (const [what, header, kept] of [['a stranger', '', 0], ['a false token', `Authorization: Bearer ${'a'.repeat(64)}\r\n`, 0], ['somebody', `Authorization: Bearer ${own.token}\r\n`, 1]]) {
    const body = raw(place, `POST /api/v1/file HTTP/1.1\r\nHost: x\r\n${header}Content-Type: application/octet-stream\r\nContent-Length: 900000\r\n\r\n${'a'.repeat(300000)}`, 700);
    await new Promise(done => setTimeout(done, 500));
    const there = halves();
    await body;
    judge('floods', `half a file of ${what}`, there === kept ? '' : `${there} files lie on the disk`);
  }
}

async function floods(place, data, people) {
  const who = people.find(one => one.login === 'own-office');
  await half_files(place, data, people);
  const refuses = async (what, statuses, path, how) => {
    const answer = await ask(place, path, how).catch(error => ({ status: String(error.code ?? error) }));
    judge('floods', what, statuses.includes(answer.status) ? '' : `status ${answer.status}`);
  };
  const big = Buffer.alloc(1024 * 1024 + 10, 0x61);
  await refuses('an API body of more than a megabyte', [413, 'ECONNRESET', 'EPIPE'], '/api/v1/need/post', { who, as: 'bearer', body: big });
  await refuses('a form of more than a megabyte', [413, 'ECONNRESET', 'EPIPE'], '/do/need.post', { who, body: big, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  await refuses('a file over the limit', [413, 'ECONNRESET', 'EPIPE'], '/do/import.upload', { who, ...multipart(who, 'a.csv', 'text/csv', Buffer.alloc(2 * 1024 * 1024, 0x61)) });
  await refuses('a raw file over the limit', [413, 'ECONNRESET', 'EPIPE'], '/api/v1/file', { who, as: 'bearer', body: Buffer.alloc(2 * 1024 * 1024, 0x61), headers: { 'content-type': 'application/octet-stream' } });
  await refuses('a body where there is none', [400, 405, 413], '/lots', { method: 'GET', body: big.subarray(0, 100) });
  await refuses('a hundred thousand brackets', [400], '/api/v1/need/post', { who, as: 'bearer', json: '['.repeat(100000) });
  await refuses('a hundred thousand objects', [400], '/api/v1/need/post', { who, as: 'bearer', json: '{"a":'.repeat(100000) });
  await refuses('many fields', [400, 403, 413], '/do/need.post', { who, form: [['csrf', who.csrf], ...Array.from({ length: 20000 }, (_, i) => [`f${i}`, 'x'])] });
  await refuses('many numbers of rows', [400, 429], '/api/v1/listing/withdraw', { who, as: 'bearer', json: { ids: Array.from({ length: 5000 }, (_, i) => i + 1) } });
  await refuses('a length that lies', [400, 408, 413, 'ECONNRESET'], '/api/v1/need/post', { who, as: 'bearer', body: 'x', headers: { 'transfer-encoding': 'chunked' } });
  const parts = Array.from({ length: 3000 }, (_, i) => `--b\r\nContent-Disposition: form-data; name="f${i}"\r\n\r\nx\r\n`).join('');
  await refuses('many parts', [400, 403, 413, 415], '/do/import.upload', { who, body: `${parts}--b--\r\n`, headers: { 'content-type': 'multipart/form-data; boundary=b' } });
  // Two hundred that never end their head, fifty that never end their body: a page is there at once beside them.
  const slow = Array.from({ length: 250 }, (_, i) => raw(place, i % 5 ? 'GET /lots HTTP/1.1\r\nHost: x\r\nX-A: ' :
    'POST /do/session.open HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nlogin=', 1500));
  await new Promise(done => setTimeout(done, 200));
  const began = Date.now();
  const beside = await ask(place, '/lots');
  judge('floods', 'a page beside slow clients', beside.status === 200 && Date.now() - began < 1000 ? '' : `${beside.status} after ${Date.now() - began} ms`);
  await Promise.all(slow);
}

// Nothing fetches but the sign-in by a provider (its addresses: oidc_test, test/oidc) and the client of the embedding
// server, whose address is a setting of the machine (embed_test, test/embed).
function one_fetcher() {
  const sources = readdirSync('src', { recursive: true }).map(String).filter(name => /\.[ch]$/.test(name) && !/_test\.c$/.test(name));
  const fetchers = sources.filter(name => /#include <curl|\bconnect\(|\bgetaddrinfo\(/.test(readFileSync(join('src', name), 'utf8')));
  const known = ['cli/cli.c', 'match/embed.c', 'web/app_oidc.c', 'web/server_listen.c', 'web/server_probe.h']; // Our own socket, the operator's embedding server, the provider, tests.
  judge('SSRF', 'who connects to others', fetchers.every(name => known.includes(name)) ? '' : fetchers.join(' '));
}

async function provider_limit(data) {
  appendFileSync(join(data, 'settings.yaml'), 'oidc_issuer: http://127.0.0.1:1\noidc_client_id: a\n');
  const house = await serve(data);
  let last, tries = 0;
  try {
    do {
      last = await ask(house, '/oidc/start');
      tries += 1;
    } while (last.status !== 429 && tries < 100);
    judge('SSRF', 'the provider is asked so often and no more', last.status === 429 && tries > 20 && /^\d+$/.test(last.headers['retry-after'] ?? '') ? '' : `${tries} times, then ${last.status}`);
  } finally { await house.stop(); }
}

// --- the run ---------------------------------------------------------------------------------------

const times = [];
const timed = async (name, body) => {
  const began = Date.now(), asked = cases.asked;
  try { await body(); } catch (error) { judge(name, 'broke off', String(error.stack ?? error)); }
  times.push(`${name} ${((Date.now() - began) / 1000).toFixed(1)} s ${cases.asked - asked}`);
  if (process.env.ATTACK_SAY) console.log(times.at(-1));
};
const roles = ['office', 'inventor', 'firm', 'manager', 'expert', 'operator', 'department', 'finance', 'liaison', 'centre', 'agency', 'system', 'security', 'audit'];

// One exchange from its planting to its end; `body` gets it, its tables and people.
async function attacked(data, body) {
  const own = tables(data), place = await serve(data), people = [];
  try {
    await timed('sign in', () => all([...roles.map(role => `far-${role}`), 'own-office', 'own-firm'], async login => people.push(await sign_in(place, login))));
    people.sort((a, b) => (a.login < b.login ? -1 : 1));
    await body(place, own, people);
    judge('server', 'still serves', place.alive() ? '' : 'has ended');
  } finally {
    const status = await place.stop();
    judge('server', 'ends well', status === 0 ? '' : `status ${status}\n${place.said().slice(-3000)}`);
    log_is_lines(place.said());
  }
  judge('server', 'the record holds', /^Verified:/m.test(run('verify', '--data', data, '--lang', 'en')) ? '' : 'verify says no');
}

async function on(is_pg, body) {
  const data = plant(SETTINGS, is_pg);
  try { await body(data); } finally { if (process.env.ATTACK_KEEP) console.log(data); else remove(data); }
}

await timed('sqlite', () => on(false, async data => {
  await attacked(data, async (place, own, people) => {
    await timed('SQL', () => sql(place, own, people));
    await timed('markup', () => markup(place, own, people));
    await timed('JSON', () => other_forms(place, own, people));
    await timed('headers', () => header_lines(place, people));
    await timed('paths', () => paths(place, data, people));
    await timed('redirect', () => redirects(place, people));
    await timed('forgery', () => forgery(place, own, people));
    await timed('extra fields', () => extra_fields(place, own, people));
    await timed('forms', () => extra_in_forms(place, data, people));
    await timed('ids', () => ids(place, own, people));
    await timed('files', () => files(place, data, people));
    await timed('floods', () => floods(place, data, people));
    await timed('writes', () => writes(place, own, people));     // Last: it may end what others use.
  });
  one_fetcher();
  await timed('provider', () => provider_limit(data));
}));
if (process.env.TECHBOURSE_TEST_PG)
  await timed('postgresql', () => on(true, data => attacked(data, async (place, own, people) => {
    await timed('SQL', () => sql(place, own, people));
    await timed('writes', () => writes(place, own, people));
  })));
else console.log('not run: the PostgreSQL side (TECHBOURSE_TEST_PG is not set; see test/pg.sh)');
console.log(times.join('; '));
console.log(`${cases.asked} requests`);
console.log(`${cases.passed} passed, ${cases.failed} failed, 0 skipped`);
process.exit(cases.failed ? 1 : 0);

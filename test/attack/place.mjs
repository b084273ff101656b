// place.mjs - the exchange under attack: planted by attack_plant, served on loopback, asked by bytes.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { dirname, join } from 'node:path';

export const program = process.env.TECHBOURSE;
const planter = join(process.env.TECHBOURSE_BUILD, 'test/attack_plant');
const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
const PASSWORD = 'Four small words';

export const cases = { passed: 0, failed: 0, asked: 0 };
const shown = new Map();    // Failures of one kind are told three times.

// One case. `wrong` is '' or what is wrong.
export function judge(kind, what, wrong) {
  if (!wrong) { cases.passed += 1; return true; }
  cases.failed += 1;
  const times = shown.get(kind) ?? 0;
  shown.set(kind, times + 1);
  if (times < (process.env.ATTACK_ALL ? 1000 : 3)) console.log(`FAIL  ${kind}: ${what}: ${wrong}`);
  return false;
}

export const run = (...args) => execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26,
  stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } });

const planted = new Set();
export function plant(settings, is_pg) {
  const said = execFileSync(planter, is_pg ? ['pg'] : [], { encoding: 'utf8', env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } });
  const [data, store] = said.split('\n');
  if (!existsSync(data)) throw new Error(`attack_plant: ${said}`);
  planted.add(data);
  writeFileSync(join(data, 'settings.yaml'), settings + (is_pg ? `store: ${JSON.stringify(store)}\n` : ''));
  return data;
}
export const remove = data => rmSync(dirname(data), { recursive: true, force: true });
process.on('SIGTERM', () => { for (const data of planted) remove(data); process.exit(1); });

export async function serve(data) {
  const child = spawn(program, ['serve', '--data', data, '--listen', '127.0.0.1:0', '--lang', 'en'],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', text => { said += text; });
  const ended = new Promise(done => child.on('exit', status => done(status)));
  for (let i = 0; i < 600 && !/127\.0\.0\.1:(\d+)\//.test(said); i++) {
    if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}:\n${said}`);
    await new Promise(done => setTimeout(done, 50));
  }
  const port = Number(/127\.0\.0\.1:(\d+)\//.exec(said)[1]);
  const stop = async () => { child.kill('SIGTERM'); return await ended; };
  return { port, stop, said: () => said, alive: () => child.exitCode === null };
}

// --- asking --------------------------------------------------------------------------------------

// What every answer has to be, whoever asked for whatever.
function unsound(answer) {
  const { headers, status } = answer;
  if (status >= 500 && status !== 503) return `status ${status}: ${answer.text().slice(0, 300)}`;
  if (Object.keys(headers).some(name => name.includes('pwn'))) return 'a header was injected';
  if (headers['x-content-type-options'] !== 'nosniff') return 'no nosniff';
  if (!headers['content-security-policy']?.startsWith("default-src 'none'")) return 'no policy';
  if (!headers['content-type'] && answer.body.length) return 'no content type';
  for (const line of headers['set-cookie'] ?? [])
    if (!/; HttpOnly; SameSite=Lax/.test(line)) return `cookie ${line}`;
  const to = headers.location;
  if (to !== undefined && !/^\/(?![/\\])[!-~]*$/.test(to)) return `redirects to ${to}`;
  return '';
}

// ask(place, path, {method, who, cookie, token, headers, body, form, json}): {status, headers, body, text()}.
export function ask(place, path, { method, who, as = 'cookie', headers = {}, body, form, json } = {}) {
  const all = { host: `127.0.0.1:${place.port}`, ...headers };
  if (who?.token && as === 'cookie') all.cookie = `session=${who.token}`;
  if (who?.token && as === 'bearer') all.authorization = `Bearer ${who.token}`;
  if (form) {
    body = new URLSearchParams(form).toString();
    all['content-type'] = 'application/x-www-form-urlencoded';
  }
  if (json !== undefined) {
    body = typeof json === 'string' ? json : JSON.stringify(json);
    all['content-type'] = 'application/json';
  }
  const bytes = body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(body);
  if (bytes) all['content-length'] = bytes.length;
  cases.asked += 1;
  return new Promise((done, fail) => {
    const request = http.request({ agent, host: '127.0.0.1', port: place.port, method: method ?? (bytes ? 'POST' : 'GET'),
      path, headers: all, setHost: false }, reply => {
      const parts = [];
      reply.on('data', part => parts.push(part));
      if (/event-stream/.test(reply.headers['content-type'])) setTimeout(() => request.destroy(), 100);     // It has no end.
      reply.on('close', () => {
        const answer = { status: reply.statusCode, headers: reply.headers, body: Buffer.concat(parts),
          text() { return this.body.toString('utf8'); }, json() { return JSON.parse(this.text()); } };
        const wrong = unsound(answer);
        if (wrong) judge('every answer', `${method ?? (bytes ? 'POST' : 'GET')} ${path.slice(0, 120)} as ${who?.login ?? 'public'}`, wrong);
        done(answer);
      });
    });
    request.on('error', fail);
    request.setTimeout(20000, () => request.destroy(new Error(`no answer: ${path.slice(0, 100)}`)));
    request.end(bytes);
  });
}

export const api = (place, op, json, who) => ask(place, `/api/v1/${op.replace('.', '/')}`, { who, as: 'bearer', json });

// Raw bytes in, raw bytes out, until the other side closes or `wait_ms` are over.
export function raw(place, bytes, wait_ms = 3000) {
  cases.asked += 1;
  return new Promise(done => {
    const socket = net.connect(place.port, '127.0.0.1');
    const parts = [];
    const end = () => { socket.destroy(); done(Buffer.concat(parts).toString('latin1')); };
    const timer = setTimeout(end, wait_ms);
    socket.on('data', part => parts.push(part));
    socket.on('close', () => { clearTimeout(timer); end(); });
    socket.on('error', () => {});
    socket.write(bytes);
  });
}

// Runs `each` over the rows, eight at a time.
export async function all(rows, each) {
  let next = 0;
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (next < rows.length) await each(rows[next++]);
  }));
}

// --- people --------------------------------------------------------------------------------------

export async function sign_in(place, login) {
  const opened = (await api(place, 'session.open', { login, password: PASSWORD })).json();
  if (!opened.token) throw new Error(`${login}: ${JSON.stringify(opened)}`);
  let who = { login, place: login.split('-')[0], role: login.split('-')[1], token: opened.token, csrf: opened.csrf };
  if (opened.wants) {
    await api(place, 'second.begin', {}, who);
    const { code_now } = (await api(place, 'second.show', {}, who)).json();
    const proved = (await api(place, 'second.confirm', { second_code: code_now }, who)).json();
    if (!proved.token) throw new Error(`${login}: ${JSON.stringify(proved)}`);
    who = { ...who, token: proved.token, csrf: proved.csrf };
  }
  return who;
}

// --- what the program says of itself ------------------------------------------------------------

export function tables(data) {
  const rows = JSON.parse(run('permissions', '--json', '--data', data)).items;
  const api_doc = JSON.parse(run('openapi', '--data', data));
  const ops = new Map();
  for (const [path, { post }] of Object.entries(api_doc.paths)) {
    const row = rows.find(one => one.op === post.operationId);
    ops.set(post.operationId, { name: post.operationId, path, kind: row.kind, roles: row.roles, relations: row.relations,
      asks: row.asks, fields: Object.entries(post.requestBody.content['application/json'].schema.properties)
        .map(([name, schema]) => ({ name, type: schema.type, codes: schema.enum, date: schema.format === 'date' })) });
  }
  const columns = new Set(Object.values(api_doc.components.schemas).flatMap(schema => Object.keys(schema.properties)));
  const paths = kind => rows.filter(row => row.kind === kind).map(row => ({ path: row.op, roles: row.roles }));
  return { ops: [...ops.values()], columns: [...columns], types: Object.keys(api_doc.components.schemas),
    pages: paths('page'), addresses: paths('address') };
}

export const log_lines = said => said.split('\n').filter(line => line && !line.startsWith('Serving '));
export { readFileSync };

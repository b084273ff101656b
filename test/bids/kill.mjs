// kill.mjs - no answered bid is ever lost: a server is killed in the midst of bidding, again and again,
// and each time whatever was answered before is asked for once more by its key. The answer has to be
// the same, to the byte: it comes from the log.
//
//     node test/bids/kill.mjs [ROUNDS]
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, command, count_end, program, skip } from '../browser/lib.mjs';

const rounds = Number(process.argv[2] || 4);
const LOGINS = ['firm', 'firm2', 'firm3', 'firm4', 'firm5'];
const LOOPS = 4;                // Bids that each firm has under way at once.
const sleep = ms => new Promise(done => setTimeout(done, ms));

// Settings of a test: no second factor, and no time is made up for the moments between two starts.
function settings_add(data, more) {
  const path = join(data, 'settings.yaml');
  const names = more.map(line => line.split(':')[0]);
  const kept = readFileSync(path, 'utf8').split('\n').filter(line => !names.includes(line.split(':')[0]));
  writeFileSync(path, `${kept.join('\n').trimEnd()}\n${more.join('\n')}\n`);
}

class Node {
  constructor(data) { this.data = data; }
  async start() {
    this.said = '';
    this.child = spawn(program, ['serve', '--data', this.data, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.ended = new Promise(done => this.child.once('exit', (code, signal) => done(signal || code)));
    this.child.stderr.setEncoding('utf8').on('data', text => { this.said += text; });
  }
  async ready(ms = 60000) {
    for (const until = Date.now() + ms; Date.now() < until; await sleep(20)) {
      const at = /http:\/\/127[\d.]+:\d+/.exec(this.said);
      if (at) { this.url = at[0]; return this; }
      if (this.child.exitCode !== null) break;
    }
    throw new Error(`no address:\n${this.said}`);
  }
  kill(signal = 'SIGKILL') { this.child.kill(signal); return this.ended; }
}

async function api(node, token, op, input) {
  const reply = await fetch(`${node.url}/api/v1/${op}`, { method: 'POST', body: JSON.stringify(input),
    headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) } });
  return { status: reply.status, text: await reply.text() };
}
const ask = async (node, token, op, input) => {
  const { status, text } = await api(node, token, op, input);
  if (status !== 200) throw new Error(`${op}: ${status} ${text}`);
  return JSON.parse(text);
};

// Firms that are admitted to one open ascending lot.
async function bidders(node) {
  const tokens = [];
  for (const login of LOGINS)
    tokens.push((await ask(node, '', 'session/open', { login, password: 'Techbourse-demo' })).token);
  const lots = JSON.parse(await (await fetch(`${node.url}/api/v1/lot/list?state=open`)).text()).items;
  for (const lot of lots.filter(one => one.mode === 'ascending')) {
    const admitted = [];
    for (const token of tokens) {
      const reply = await fetch(`${node.url}/api/v1/lot/show?id=${lot.id}`, { headers: { Authorization: `Bearer ${token}` } });
      if ((await reply.json()).me?.may_bid) admitted.push(token);
    }
    if (admitted.length >= 2) return { lot, tokens: admitted };
  }
  throw new Error('no open lot with two of the firms');
}

const answered = new Map();     // By token and key: the bid and the bytes of its answer.
let number = 0;

// Bids until the server is gone. What has no answer is unknown: it may be in the log or not.
async function bid_on(node, lot, token, state) {
  for (;;) {
    const input = { lot_id: lot.id, amount_fen: state.next, key: `k${number++}`, confirmed: true };
    state.next += lot.step_fen;
    let reply;
    try { reply = await api(node, token, 'lot/bid', input); } catch { return; }
    if (reply.status !== 200) throw new Error(reply.text);
    const data = JSON.parse(reply.text);
    answered.set(`${token} ${input.key}`, { token, input, text: reply.text });
    if (data.next_fen > state.next) state.next = data.next_fen;
  }
}

async function compare(node, some) {
  let wrong = 0;
  for (const { token, input, text } of some) {
    const again = await api(node, token, 'lot/bid', input);
    if (again.status !== 200 || again.text !== text) {
      if (!wrong) console.log(`      was   ${text}      is    ${again.text}`);
      wrong += 1;
    }
  }
  if (wrong) throw new Error(`${wrong} of ${some.length} answered bids are not as they were`);
}

async function round(node, after, lot, tokens, state) {
  const fresh = new Set(answered.keys());
  const loops = tokens.flatMap(token => Array.from({ length: LOOPS }, () => bid_on(node, lot, token, state)));
  await sleep(100 + Math.random() * 400);
  await node.kill();
  await Promise.all(loops);
  const next = await after(node);
  const recent = [...answered].filter(([key]) => !fresh.has(key)).map(([, one]) => one);
  if (!recent.length) throw new Error('nothing was answered');
  const older = [...answered.values()].filter(() => Math.random() < 20 / answered.size);
  await compare(next, [...recent, ...older]);
  return next;
}

function demo_data(more) {
  const data = mkdtempSync(join(tmpdir(), 'techbourse-kill-'));
  if (process.env.TECHBOURSE_TEST_DEMO) cpSync(process.env.TECHBOURSE_TEST_DEMO, data, { recursive: true });
  else command('init', '--demo', '--data', data);
  settings_add(data, ['second_factor: false', ...more]);
  return data;
}

async function on_sqlite() {
  const data = demo_data(['downtime_s: 3600']);
  let node = new Node(data);
  try {
    await node.start();
    await node.ready();
    const { lot, tokens } = await bidders(node);
    const state = { next: lot.next_fen };
    await check(`${rounds} times killed in the midst of bidding`, async () => {
      for (let i = 0; i < rounds; i++)
        node = await round(node, async () => { const next = new Node(data); await next.start(); return next.ready(); }, lot, tokens, state);
    });
    await node.kill('SIGTERM');
    await check(`${answered.size} answered bids, and the log verifies`, async () => {
      const report = JSON.parse(command('verify', '--data', data, '--json'));
      if (!report.ok) throw new Error(JSON.stringify(report));
    });
  } finally {
    node.child.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  }
}

if (program)
  await on_sqlite();
else
  skip('no program: build it, or name it in TECHBOURSE');
count_end();

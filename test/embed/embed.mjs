// embed.mjs - a serving exchange with an embedding server: what it is sent, what it helps to find, and
// that nothing waits for it or fails with it; and one that learns vectors by itself.
import { spawn, execFileSync, execFile } from 'node:child_process';
import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as server from './server.mjs';

const program = process.env.TECHBOURSE;
const folder = mkdtempSync(join(tmpdir(), 'techbourse-embed-')), data = join(folder, 'data');
const PASSWORD = 'Four small Words 1', KEY = 'sk-of-the-test';
const cases = { passed: 0, failed: 0, skipped: 0 };
let config;

async function check(name, body) {
  try {
    await body();
    cases.passed += 1;
    console.log(`ok    ${name}`);
  } catch (error) {
    cases.failed += 1;
    console.log(`FAIL  ${name}\n      ${String(error.stack || error).split('\n').slice(0, 12).join('\n      ')}`);
  }
}

const free_port = () => new Promise(done => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => done(port));
  });
});
const pause = ms => new Promise(done => setTimeout(done, ms));

async function until(what, body, most_ms = 30000) {
  const end = Date.now() + most_ms;
  let got;
  while (!(got = await body())) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await pause(200);
  }
  return got;
}

const run = (...args) => execFileSync(program, [...args, '--data', data], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const later = async (...args) => (await promisify(execFile)(program, [...args, '--data', data], { encoding: 'utf8' })).stdout;
const ask = async (...args) => JSON.parse(await later(...args, '--json'));

// Settings are read at start; the port of the exchange stays.
async function serve(port, settings, house = data) {
  config = join(folder, 'test.yaml');
  writeFileSync(config, Object.entries({ agreement_required: false, second_factor: false, ...settings })
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`).join(''));
  const child = spawn(program, ['serve', '--config', config, '--data', house, '--listen', `127.0.0.1:${port}`],
    { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', text => { said += text; });
  const ended = new Promise(done => child.on('exit', done));
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 300; i++) {
    if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}:\n${said}`);
    if (await fetch(`${url}/healthz`).then(answer => answer.ok, () => false))
      return { url, said: () => said, stop: () => { child.kill('SIGTERM'); return ended; } };
    await pause(100);
  }
  throw new Error(`serve does not come up:\n${said}`);
}

const with_server = (fake, more = {}) => ({
  embed_url: fake.url, embed_model: 'test-model', embed_key: KEY, embed_timeout_ms: 1000, ...more,
});

// ---- the exchange ----

const OFFERS = [
  ['一种相变储热复合材料', '石蜡浸入多孔骨架，昼吸夜放，热量收放平稳。'],
  ['一种海带自动夹苗机', '把苗绳上的幼苗逐一夹紧的样机。'],
  ['一种激光清洗设备', '扫描振镜与脉冲光源一体的样机。'],
  ['一种猪用复合疫苗', '三联灭活，免疫期长。'],
  ['一种轻质混凝土', '掺入玻化微珠，容重低。'],
];
const SECRET = { amount: '98765432', contact: '机密研发处', phone: '0532-5550199', passage: '某型雷达', draft: '尚未公布的焊缝探伤难题' };

function make() {
  run('init');
  run('org', 'add', '--code', 'CENTRE', '--name', 'Exchange', '--kind', 'exchange');
  run('org', 'add', '--code', 'U-EAST', '--name', 'East University', '--kind', 'university');
  run('org', 'add', '--code', 'F-ONE', '--name', 'Firm One', '--kind', 'firm');
  for (const [login, org, roles] of [['ops', 1, 'operator'], ['east', 2, 'office'], ['firm', 3, 'firm']])
    run('account', 'add', '--login', login, '--name', 'Somebody', '--org-id', String(org), '--roles', roles, '--password', PASSWORD);
}

const offer = ([title, intro]) => run('achievement', 'add', '--as', 'east', '--title', title, '--intro', intro,
  '--kind', 'secret', '--field', 'materials', '--json');
const post = (title, problem) => JSON.parse(run('need', 'post', '--as', 'firm', '--title', title, '--problem', problem,
  '--amount_fen', SECRET.amount, '--cooperation', 'joint', '--field', 'ict', '--valid_until_date', '2031-01-01',
  '--contact', SECRET.contact, '--phone', SECRET.phone, '--hidden', 'amount_fen', '--json')).id;
const matches = id => ask('need', 'matches', '--as', 'firm', '--id', String(id));
const titles = reply => reply.items.map(item => item.title);
const near = reply => reply.items.filter(item => item.semantic);

// The page of a need as its owner reads it.
async function page(url, id) {
  const signed = await fetch(`${url}/do/session.open`, {
    method: 'POST', redirect: 'manual', body: new URLSearchParams({ login: 'firm', password: PASSWORD }),
  });
  const cookie = (signed.headers.get('set-cookie') || '').split(';')[0];
  const answer = await fetch(`${url}/need/${id}`, { headers: { cookie } });
  assert.equal(answer.status, 200);
  return await answer.text();
}

// ---- the cases ----

async function play(fake) {
  const port = await free_port();
  make();
  let house = await serve(port, {}), need;
  await check('without an embedding server: by words alone', async () => {
    OFFERS.forEach(offer);
    need = post('服务器机房夏季温度过高', `空调满负荷仍超限，[[${SECRET.passage}]]附近尤甚。`);
    post(SECRET.draft, '探伤全靠人眼，漏检较多，请教办法。'); // Filed, never accepted.
    run('need', 'accept', '--as', 'ops', '--ids', String(need));
    await pause(1500);
    const reply = await matches(need);
    assert.ok(!titles(reply).includes(OFFERS[0][0]), 'no word is shared');
    assert.equal(near(reply).length, 0);
    assert.ok(!(await page(house.url, need)).includes('r-near'));
    assert.equal(fake.asked, 0);
    assert.ok(!existsSync(join(data, 'vectors')));
  });
  const before = await matches(need);
  await house.stop();

  house = await serve(port, with_server(fake));
  await check('what shares no word is found by its meaning', async () => {
    const reply = await until('a hit by meaning', async () => {
      const now = await matches(need);
      return near(now).length ? now : null;
    });
    assert.equal(reply.items[0].title, OFFERS[0][0]);
    assert.deepEqual(reply.items[0].semantic, { rank: 1 });
    assert.equal(reply.items[0].reasons.length, 0);
    assert.equal(reply.total, before.total + 1);
    const text = await page(house.url, need);
    assert.match(text, /一种相变储热复合材料[^]*r-near">语义相近 第 1</);
    for (const title of titles(before)) assert.ok(titles(reply).includes(title), 'what words found stays');
  });
  await check('a published text that comes while it serves is sent, a new offer is found', async () => {
    offer(['一种热管背板', '两相流散热，安装在柜门。']);
    await until('its vector', async () => near(await matches(need)).length === 2);
  });
  await check('it was sent the published form and nothing else', async () => {
    const sent = fake.texts.join('\n');
    assert.ok(sent.includes('服务器机房夏季温度过高') && sent.includes('■■■'));
    for (const [name, text] of Object.entries(SECRET)) assert.ok(!sent.includes(text), `${name} was sent`);
    for (const name of ['Firm One', 'East University', 'Somebody', KEY]) assert.ok(!sent.includes(name), `${name} was sent`);
    assert.deepEqual([...fake.keys], [`Bearer ${KEY}`]);
    assert.equal(fake.elsewhere, 0);
  });
  await check('the need of nobody else is asked about by its original', async () => {
    const draft = await matches(2); // Its owner may; it has no published form, so words alone answer.
    assert.equal(near(draft).length, 0);
  });
  await check('a withdrawn need has no vector any more', async () => {
    const other = post('风机叶片覆冰难题', '冬季覆冰后停机，影响发电，求除冰办法。');
    run('need', 'accept', '--as', 'ops', '--ids', String(other));
    offer(['一种疏水涂层', '低温高湿下表面长期不结冰的涂层。']);
    await until('it is near', async () => near(await matches(other)).length === 1);
    run('need', 'withdraw', '--as', 'firm', '--ids', String(other), '--reason', 'done');
    await until('it is gone', async () => near(await matches(other)).length === 0, 3000);
  });
  assert.equal(await house.stop(), 0);

  await check('vectors are kept: nothing is sent twice', async () => {
    assert.ok(statSync(join(data, 'vectors')).size > 100);
    const asked = fake.asked;
    house = await serve(port, with_server(fake));
    await until('the kept vectors', async () => near(await matches(need)).length === 2);
    assert.equal(fake.asked, asked);
    await house.stop();
  });
  await check('a damaged file is found, said, and made anew', async () => {
    const bytes = readFileSync(join(data, 'vectors'));
    bytes[bytes.length >> 1] ^= 4;
    writeFileSync(join(data, 'vectors'), bytes);
    const asked = fake.asked;
    house = await serve(port, with_server(fake));
    await until('new vectors', async () => near(await matches(need)).length === 2);
    assert.ok(fake.asked > asked);
    assert.match(house.said(), /vectors\.damaged/);
    await house.stop();
  });
  for (const [mode, key] of [['slow', 'embed.timeout'], ['wrong dimension', 'embed.wrong_dimension'],
    ['wrong count', 'embed.wrong_count'], ['garbage', 'embed.garbage'], ['closes', 'embed.unreachable'],
    ['redirects', 'embed.refused","detail":"307"']])
    await check(`${mode}: search goes on without, and the log says why`, async () => {
      rmSync(join(data, 'vectors'), { force: true });
      fake.mode = mode;
      house = await serve(port, with_server(fake, { embed_dims: 5 }));
      try {
        const began = Date.now();
        const reply = await matches(need);
        assert.ok(Date.now() - began < 3000, 'it waited for the server');
        assert.equal(near(reply).length, 0);
        assert.deepEqual(titles(reply).filter(title => titles(before).includes(title)), titles(before));
        await until(`${key} in the log`, async () => house.said().includes(key));
        assert.ok(!house.said().includes(KEY));
        assert.equal(fake.elsewhere, 0);
      } finally {
        const began = Date.now();
        assert.equal(await house.stop(), 0);
        assert.ok(Date.now() - began < 8000, 'it did not stop');
      }
    });
  await check('after a failure it is asked again', async () => {
    fake.mode = '500 then good';
    house = await serve(port, with_server(fake));
    await until('vectors', async () => near(await matches(need)).length === 2);
    assert.ok(fake.failures >= 2);
    await house.stop();
  });
  await check('an address that is none keeps it from starting', () =>
    assert.rejects(serve(port, { embed_url: 'file:///etc/passwd', embed_model: 'm' }), /ended with [1-9]/));
  await check('the record is whole', () => run('verify'));
}

// All rows of a list that the public may read.
async function all(url, path) {
  const rows = [];
  for (let page = 1, pages = 1; page <= pages; page++) {
    const reply = await (await fetch(`${url}/api/v1/${path}${path.includes('?') ? '&' : '?'}page=${page}`)).json();
    rows.push(...reply.items);
    pages = reply.pages;
  }
  return rows;
}

async function play_demo(fake) {
  const demo = join(folder, 'demo');
  execFileSync(program, ['init', '--demo', '--data', demo],
    { stdio: 'ignore', env: { ...process.env, TECHBOURSE_DEMO: join(process.cwd(), 'data/demo') } });
  const port = await free_port();
  const house = await serve(port, with_server(fake), demo);
  await check('of the demonstration everything public is sent, patents only while on offer', async () => {
    const lists = await Promise.all(['listing/list', 'achievement/list', 'need/list'].map(path => all(house.url, path)));
    const patents = await all(house.url, 'patent/list');
    const on_offer = new Set(lists[0].filter(row => row.patent_id).map(row => row.patent_id));
    const offered = patents.filter(row => on_offer.has(row.id)).map(row => row.title);
    const expect = new Set([...offered, ...lists[1].map(row => row.title), ...lists[2].map(row => row.title)]);
    const sent = () => new Set(fake.texts.map(text => text.split('\n')[0]));
    assert.ok(offered.length > 3 && patents.length > 2 * offered.length, `${offered.length} of ${patents.length} patents`);
    await until('all of it', async () => [...expect].every(title => sent().has(title)));
    await pause(1500);
    const closed = patents.filter(row => !on_offer.has(row.id) && !expect.has(row.title)).map(row => row.title);
    const there = sent(), extra = [...there].filter(title => !expect.has(title));
    assert.deepEqual(closed.filter(title => there.has(title)), []);
    assert.deepEqual(extra, []);
  });
  await house.stop();
}

// Texts of two topics, enough for a direction for each half of one; what a need says never stands beside what the offer it wants says.
const TEXTS = 60;
const TOPICS = [
  [['耳机', '耳塞'], ['扬声器', '降噪', '音质', '佩戴', '蓝牙', '低音']],
  [['货车', '卡车'], ['车桥', '载重', '柴油', '变速箱', '底盘', '挂车']],
];

async function play_own(fake) {
  const house_data = join(folder, 'own'), port = await free_port(), asked = fake.asked;
  const here = (...args) => execFileSync(program, [...args, '--data', house_data], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const says = async (...args) => JSON.parse((await promisify(execFile)(program, [...args, '--data', house_data, '--json'], { encoding: 'utf8' })).stdout);
  here('init');
  here('org', 'add', '--code', 'U-EAST', '--name', 'East University', '--kind', 'university');
  here('account', 'add', '--login', 'east', '--name', 'Somebody', '--org-id', '1', '--roles', 'office', '--password', PASSWORD);
  here('org', 'add', '--code', 'F-ONE', '--name', 'Firm One', '--kind', 'firm');
  here('account', 'add', '--login', 'firm', '--name', 'Somebody', '--org-id', '2', '--roles', 'firm', '--password', PASSWORD);
  for (let i = 0; i < TEXTS; i++) {
    const [names, beside] = TOPICS[i % 4 === 1 ? 1 : 0], some = [0, 1, 2].map(k => beside[((i >> 2) + 2 * k + i % 4) % 6]);
    here('achievement', 'add', '--as', 'east', '--title', `${names[(i >> 2) % 2]}第${i + 1}号`, '--intro', `本品涉及${some.join('，')}等方面。`, '--kind', 'secret', '--field', 'materials');
  }
  const learnt = () => until('the table', async () => (await says('vectors', 'show')).own.learnt);
  // embed_url is there, and not asked.
  const settings = with_server(fake, { vectors: 'own' });
  let house = await serve(port, settings, house_data);
  await check('vectors are learnt from own texts, without any network', async () => {
    await learnt();
    const show = await until('all vectors', async () => {
      const now = await says('vectors', 'show');
      return now.ready > 5 && now.ready + now.refused === TEXTS && now;
    });
    assert.equal(show.helper, 'own');
    assert.equal(show.dims, 256);
    assert.equal(show.own.texts, TEXTS);
    assert.equal(fake.asked, asked);
    assert.ok(existsSync(join(house_data, 'vectors.own')));
  });
  await check('a need is compared by its own text, filed or published', async () => {
    const id = JSON.parse(here('need', 'post', '--as', 'firm', '--title', '柴油卡车的底盘改进', '--problem', '柴油卡车底盘与变速箱寻求改进办法。',
      '--amount_fen', '100', '--cooperation', 'joint', '--field', 'ict', '--valid_until_date', '2031-01-01', '--json')).id;
    const reply = await says('need', 'matches', '--as', 'firm', '--id', String(id));
    const right = near(reply).filter(item => /货车|卡车/.test(item.title)).length;
    assert.ok(right >= 3 && right > near(reply).length / 2, `${right} right of ${near(reply).length} near`);
    assert.equal(fake.asked, asked);
  });
  await check('they are learnt again when somebody asks', async () => {
    const before = (await says('vectors', 'show')).own.learnt_ms;
    assert.equal((await says('vectors', 'learn')).wanted, true);
    await until('a new one', async () => (await says('vectors', 'show')).own.learnt_ms > before);
  });
  assert.equal(await house.stop(), 0);
  await check('a damaged table is found, said, and learnt anew', async () => {
    const bytes = readFileSync(join(house_data, 'vectors.own'));
    bytes[bytes.length >> 1] ^= 4;
    writeFileSync(join(house_data, 'vectors.own'), bytes);
    house = await serve(port, settings, house_data);
    await learnt();
    assert.match(house.said(), /own\.damaged/);
    assert.equal(await house.stop(), 0);
    assert.equal(fake.asked, asked);
  });
}

const fake = await server.start();
try {
  await play(fake);
  fake.mode = 'good';
  fake.texts = [];
  await play_demo(fake);
  await play_own(fake);
} catch (error) {
  await check('broke off', () => { throw error; });
} finally {
  fake.stop();
  rmSync(folder, { recursive: true, force: true });
  console.log(`${cases.passed} passed, ${cases.failed} failed, ${cases.skipped} skipped`);
  process.exitCode = cases.failed ? 1 : 0;
}

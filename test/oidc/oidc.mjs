// oidc.mjs - signing in by an outside provider, from the browser's first click to the session: with
// Glewlwyd, a real one, and with one that lies. And tokens of the API, over HTTP.
import { spawn, execFileSync } from 'node:child_process';
import { strict as assert } from 'node:assert';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cookie_lines } from './cookies.mjs';
import * as glewlwyd from './glewlwyd.mjs';
import * as liar from './liar.mjs';

const program = process.env.TECHBOURSE, provider_root = process.env.TECHBOURSE_GLEWLWYD;
const folder = mkdtempSync(join(tmpdir(), 'techbourse-oidc-'));
// In HTTP Basic a secret is coded as in a form (RFC 6749, 2.3.1); Glewlwyd takes it as it comes.
const SECRET = 'the secret/of the client & more', PLAIN_SECRET = 'secret-of-the_client.0~';
const PASSWORD = 'Four small Words 1';
const cases = { passed: 0, failed: 0, skipped: 0 };

async function check(name, body) {
  try {
    await body();
    cases.passed += 1;
    console.log(`ok    ${name}`);
  } catch (error) {
    cases.failed += 1;
    console.log(`FAIL  ${name}\n      ${String(error.stack || error).split('\n').slice(0, 8).join('\n      ')}`);
  }
}

// A part of the test: what breaks it is a failure, that it comes to its end is no case.
async function part(name, body) {
  try { await body(); } catch (error) { await check(`${name} broke off`, () => { throw error; }); }
}

function skip(why) {
  cases.skipped += 1;
  console.log(`skip  ${why}`);
}

const free_port = () => new Promise(done => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

// --- the exchange --------------------------------------------------------------------------------

const run = (...args) => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

function make_house(name) {
  const data = join(folder, name);
  run('init', '--data', data);
  run('org', 'add', '--code', 'U-EAST', '--name', 'East University', '--kind', 'university', '--data', data);
  for (const [login, roles] of [['east', 'office'], ['firm', 'office'], ['guard', 'security'], ['ops', 'operator']])
    run('account', 'add', '--login', login, '--name', 'Somebody', '--org-id', '1', '--roles', roles,
      '--password', PASSWORD, '--data', data);
  return data;
}

// Serves `data` on `port` with these settings: {url, said(), stop()}.
async function serve(data, port, settings) {
  const config = join(data, 'test.yaml');
  writeFileSync(config, Object.entries(settings).map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`).join('') + '#\n');
  const child = spawn(program, ['serve', '--config', config, '--data', data, '--listen', `127.0.0.1:${port}`],
    { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', text => { said += text; });
  const ended = new Promise(done => child.on('exit', done));
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 300; i++) {
    if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}:\n${said}`);
    const up = await fetch(`${url}/healthz`).then(answer => answer.ok, () => false);
    if (up) return { url, said: () => said, stop: () => { child.kill('SIGTERM'); return ended; } };
    await new Promise(done => setTimeout(done, 100));
  }
  throw new Error(`serve does not come up:\n${said}`);
}

// --- a browser of sorts --------------------------------------------------------------------------

class Browser {
  jar = new Map();
  constructor(url) { this.url = url; }

  async get(path) {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(new URL(path, this.url), { redirect: 'manual', headers: cookie ? { cookie } : {} });
    for (const line of cookie_lines(answer)) {
      const [pair] = line.split(';'), at = pair.indexOf('=');
      if (/max-age=0/i.test(line)) this.jar.delete(pair.slice(0, at));
      else this.jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return answer;
  }

  // To the provider, and the address that it sends the browser back to.
  async go(op, next = '/lots') {
    const start = await this.get(`/oidc/start?next=${encodeURIComponent(next)}`);
    assert.equal(start.status, 303, await start.text());
    return await op.walk(start.headers.get('location'));
  }

  async me() {
    const answer = await this.get('/api/v1/account/show');
    return answer.status === 200 ? (await answer.json()).account.login : null;
  }
}

async function sign_in(url, op, next) {
  const browser = new Browser(url);
  const back = await browser.get(await browser.go(op, next));
  return { browser, back };
}

async function refused(url, op, words) {
  const { browser, back } = await sign_in(url, op);
  const text = await back.text();
  assert.ok(back.status >= 400, `answered with ${back.status}`);
  assert.ok(!browser.jar.has('session'), 'a session was opened');
  assert.match(text, words);
  assert.ok(!text.includes('<b>no</b>'));
}

const settings_for = (issuer, more = {}) => ({
  oidc_issuer: issuer, oidc_client_id: 'techbourse', oidc_client_secret_file: join(folder, 'secret'),
  oidc_label: 'Campus card', session_idle_min: 60, ...more,
});

// --- with the real provider ----------------------------------------------------------------------

async function with_glewlwyd() {
  if (!provider_root) {
    skip('no Glewlwyd: the real provider was not tried');
    return;
  }
  const port = await free_port(), data = make_house('glewlwyd');
  const home = join(folder, 'op');
  mkdirSync(home);
  const op = await glewlwyd.start(provider_root, home, await free_port(),
    [{ id: 'techbourse', secret: PLAIN_SECRET, redirect: `http://127.0.0.1:${port}/oidc/back` }]);
  try {
    for (const kind of ['rsa', 'ecdsa']) {
      const house = await serve(data, port,
        settings_for(op.issuer(kind), { oidc_client_secret_file: join(folder, 'plain') }));
      try {
        await check(`Glewlwyd, ${kind}: signed in, on the page that was wanted`, async () => {
          const { browser, back } = await sign_in(house.url, op, '/patents?kind=INV');
          assert.equal(back.status, 303, await back.text());
          assert.equal(back.headers.get('location'), '/patents?kind=INV');
          assert.equal(await browser.me(), glewlwyd.person.login);
        });
        await check(`Glewlwyd, ${kind}: its answer is good once`, async () => {
          const browser = new Browser(house.url), address = await browser.go(op);
          const jar = new Map(browser.jar);
          assert.equal((await browser.get(address)).status, 303);
          browser.jar = jar;
          const again = await browser.get(address);
          assert.equal(again.status, 409);
          assert.ok(!browser.jar.has('session'));
        });
      } finally { await house.stop(); }
    }
  } finally { op.stop(); }
}

// --- with the liar -------------------------------------------------------------------------------

const HELD = /没有登录|did not hold/, DOWN = /暂时无法访问/, OVER = /超时或已使用/, NO = /没有在身份提供方完成/;

async function with_liar(data, port, op) {
  const house = await serve(data, port, settings_for(op.issuer));
  try {
    await check('the sign-in page has the button', async () => {
      const text = await (await fetch(`${house.url}/signin?next=/lots`)).text();
      assert.match(text, /href="\/oidc\/start\?next=%2Flots"[^>]*>Campus card</);
    });
    for (const alg of ['RS256', 'ES256'])
      await check(`an honest provider, ${alg}`, async () => {
        op.alg = alg;
        const { browser, back } = await sign_in(house.url, op);
        assert.equal(back.headers.get('location'), '/lots');
        assert.equal(await browser.me(), 'firm');
        op.alg = 'RS256';
      });
    for (const lie of ['nonce', 'aud', 'iss of token', 'expired', 'old', 'future', 'azp', 'no sub', 'alg none', 'HS256',
      'other key', 'touched claims', 'iss', 'no iss'])
      await check(`refused: ${lie}`, async () => {
        op.lie = lie;
        await refused(house.url, op, HELD);
        op.lie = '';
      });
    await check('the person said no', async () => {
      op.lie = 'no';
      await refused(house.url, op, NO);
      op.lie = '';
    });
    await with_states(house, op);
    await with_people(house, op);
    await with_keys(house, op);
    await check('discovery and keys are fetched once', () => assert.equal(op.fetched.discovery, 1));
  } finally { await house.stop(); }
}

async function with_states(house, op) {
  await check('an answer in another browser', async () => {
    const address = await new Browser(house.url).go(op);
    const other = new Browser(house.url);
    assert.match(await (await other.get(address)).text(), OVER);
    await other.go(op);
    assert.match(await (await other.get(address)).text(), OVER);
    assert.ok(!other.jar.has('session'));
  });
  await check('a code that was used, with a state of one\'s own', async () => {
    const victim = new Browser(house.url), address = new URL(await victim.go(op));
    await victim.get(address.href);
    const thief = new Browser(house.url), own = new URL(await thief.go(op));
    own.searchParams.set('code', address.searchParams.get('code'));
    const back = await thief.get(own.href);
    assert.equal(back.status, 503);
    assert.ok(!thief.jar.has('session'));
  });
  await check('a code of another sign-in, not used yet', async () => { // PKCE: its verifier is another.
    const victim = new Browser(house.url), address = new URL(await victim.go(op));
    const thief = new Browser(house.url), own = new URL(await thief.go(op));
    own.searchParams.set('code', address.searchParams.get('code'));
    assert.equal((await thief.get(own.href)).status, 503);
    assert.ok(!thief.jar.has('session'));
  });
  for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', '/\tevil'])
    await check(`back to ${JSON.stringify(next)} is back home`, async () => {
      const { back } = await sign_in(house.url, op, next);
      assert.equal(back.headers.get('location'), '/');
    });
  await check('only GET', async () => {
    const answer = await fetch(`${house.url}/oidc/start`, { method: 'POST' });
    assert.equal(answer.status, 405);
  });
}

async function with_people(house, op) {
  const honest = op.person;
  await check('nobody here by that name', async () => {
    op.person = { sub: 's-9', preferred_username: 'nobody' };
    await refused(house.url, op, /没有对应的账号/);
  });
  await check('another person with a login that is taken', async () => {
    op.person = { sub: 's-2', preferred_username: 'firm' };
    await refused(house.url, op, /另一个外部身份/);
  });
  await check('the same person under another name', async () => {
    op.person = { sub: 's-1', preferred_username: 'ops' };
    const { browser } = await sign_in(house.url, op);
    assert.equal(await browser.me(), 'firm');
  });
  await check('an administrator still owes the second factor, whatever the provider says', async () => {
    op.person = { sub: 'g', preferred_username: 'guard', amr: ['mfa'], auth_time: Math.floor(Date.now() / 1000) };
    const { browser, back } = await sign_in(house.url, op);
    assert.equal(back.status, 303);
    assert.ok(browser.jar.has('session'));
    assert.equal(await browser.me(), null);
    const page = await browser.get('/me/tokens');
    assert.match(page.headers.get('location') ?? '', /^\/me\/second/);
  });
  op.person = honest;
}

async function with_keys(house, op) {
  await check('keys that are known are not fetched again', () => assert.equal(op.fetched.keys, 1));
  await check('new keys are fetched', async () => {
    op.new_keys('2');
    const { browser } = await sign_in(house.url, op);
    assert.equal(await browser.me(), 'firm');
    assert.equal(op.fetched.keys, 2);
  });
  await check('newer ones within a minute: no fetch, no session', async () => {
    op.new_keys('3');
    await refused(house.url, op, HELD);
    assert.equal(op.fetched.keys, 2);
  });
}

// What an exchange meets that has fetched nothing yet.
async function cold(data, port, op, lie, body) {
  const house = await serve(data, port, settings_for(op.issuer));
  op.lie = lie;
  await check(lie, () => body(house));
  op.lie = '';
  await house.stop();
}

async function start_fails(house) {
  const answer = await new Browser(house.url).get('/oidc/start');
  assert.equal(answer.status, 503);
  assert.match(await answer.text(), DOWN);
}

async function with_cold_liar(data, port, op) {
  await cold(data, port, op, 'issuer of discovery', start_fails);
  for (const lie of ['keys elsewhere', 'keys from a file', 'too long'])
    await cold(data, port, op, lie, house => refused(house.url, op, DOWN));
  await cold(data, port, op, 'keys by redirect', async house => {
    await refused(house.url, op, DOWN);
    assert.equal(op.fetched.elsewhere, 0);
  });
  await cold(data, port, op, 'client_secret_post', async house => {
    const { browser } = await sign_in(house.url, op);
    assert.equal(await browser.me(), 'firm');
  });
  await cold(data, port, op, 'silent', async house => {
    const began = Date.now();
    const starts = Promise.all([1, 2, 3, 4, 5, 6].map(() => start_fails(house)));
    await new Promise(done => setTimeout(done, 300));
    const asked = Date.now();
    assert.equal((await fetch(`${house.url}/lots`)).status, 200);
    assert.ok(Date.now() - asked < 2000, `a page took ${Date.now() - asked} ms beside a silent provider`);
    await starts;
    assert.ok(Date.now() - began < 15000, `gave up after ${Date.now() - began} ms`);
  });
}

async function with_settings(data, port, op) {
  const trusts = await serve(data, port, settings_for(op.issuer, { oidc_second: 'mfa' }));
  await check('a second factor that a setting trusts', async () => {
    const honest = op.person;
    op.person = { sub: 'g', preferred_username: 'guard', amr: ['pwd', 'mfa'], auth_time: Math.floor(Date.now() / 1000) };
    const { browser } = await sign_in(trusts.url, op);
    assert.equal(await browser.me(), 'guard');
    op.person = honest;
  });
  await trusts.stop();
  const off = await serve(data, port, {});
  await check('switched off: no button, no route', async () => {
    assert.ok(!(await (await fetch(`${off.url}/signin`)).text()).includes('/oidc/start'));
    assert.equal((await fetch(`${off.url}/oidc/start`)).status, 404);
    assert.equal((await fetch(`${off.url}/oidc/back?code=a&state=b`)).status, 404);
  });
  await with_tokens(data, off);
  await off.stop();
  for (const [name, settings] of [
    ['plain HTTP to another machine', settings_for('http://sso.example')],
    ['no client', settings_for(op.issuer, { oidc_client_id: '' })],
    ['no secret file', settings_for(op.issuer, { oidc_client_secret_file: join(folder, 'nowhere') })]])
    await check(`does not start: ${name}`, () =>
      assert.rejects(serve(data, port, settings), /ended with [1-9]/));
}

// --- tokens of the API ---------------------------------------------------------------------------

async function with_tokens(data, house) {
  const make = scope => JSON.parse(run('token', 'make', '--as', 'east', '--name', `for ${scope}`, '--scope', scope,
    '--json', '--data', data)).token;
  const ask = (token, path, body, type = 'application/json') => fetch(`${house.url}/api/v1/${path}`, {
    method: body ? 'POST' : 'GET', body, headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': type } : {}) },
  });
  const key = async answer => (await answer.json()).error?.key;
  const reads = make('read'), writes = make('read,write');
  await check('a token to read reads', async () => {
    const answer = await ask(reads, 'account/show');
    assert.equal((await answer.json()).account.login, 'east');
  });
  await check('and does not write, nor keep files', async () => {
    const posted = await ask(reads, 'achievement/add', '{}');
    assert.equal(posted.status, 403);
    assert.equal(await key(posted), 'command.not_this_token');
    assert.equal((await ask(reads, 'file', 'bytes', 'application/octet-stream')).status, 403);
    assert.equal((await ask(writes, 'file', 'bytes', 'application/octet-stream')).status, 200);
    assert.equal((await ask(writes, 'achievement/add', '{}')).status, 400);
  });
  await check('a token makes no token', async () => {
    const answer = await ask(writes, 'token/make', '{"name":"more","scope":"read"}');
    assert.equal(answer.status, 403);
  });
  await check('no page, no form, no cookie', async () => {
    const page = await fetch(`${house.url}/me/tokens`, { redirect: 'manual', headers: { authorization: `Bearer ${reads}` } });
    assert.equal(page.status, 401);
    const cookie = await fetch(`${house.url}/api/v1/account/show`, { headers: { cookie: `session=${reads}` } });
    assert.equal(cookie.status, 401);
  });
  await check('its last use is noted, and the list does not hold it', () => {
    const text = run('token', 'list', '--as', 'east', '--json', '--data', data);
    const list = JSON.parse(text).items;
    assert.equal(list.length, 2);
    assert.ok(list.every(row => row.used_ms > 0 && row.address === '127.0.0.1' && row.state === 'live'));
    assert.ok(!text.includes(reads.slice(3)));
  });
  await check('ended, it is nobody', async () => {
    run('token', 'end', '--as', 'east', '--id', '1', '--data', data);
    const answer = await ask(reads, 'account/show');
    assert.equal(answer.status, 401);
    assert.equal(await key(answer), 'token.not_live');
    assert.equal((await ask(writes, 'account/show')).status, 200);
  });
}

// --- all -----------------------------------------------------------------------------------------

writeFileSync(join(folder, 'secret'), `${SECRET}\n`, { mode: 0o600 });
writeFileSync(join(folder, 'plain'), `${PLAIN_SECRET}\n`, { mode: 0o600 });
try {
  await part('Glewlwyd', with_glewlwyd);
  const port = await free_port(), data = make_house('liar');
  const op = await liar.start([{ id: 'techbourse', secret: SECRET, redirect: `http://127.0.0.1:${port}/oidc/back` }]);
  await part('the provider that lies', () => with_liar(data, port, op));
  await part('first fetches', () => with_cold_liar(data, port, op));
  await part('settings and tokens', () => with_settings(data, port, op));
  await check('the record is whole', () => run('verify', '--data', data));
  op.stop();
} finally {
  rmSync(folder, { recursive: true, force: true });
  console.log(`${cases.passed} passed, ${cases.failed} failed, ${cases.skipped} skipped`);
  process.exitCode = cases.failed ? 1 : 0;
}

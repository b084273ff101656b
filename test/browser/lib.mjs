// lib.mjs - what the browser tests share: a demo exchange of their own, people who sign in, and counting.
//
// The program is $TECHBOURSE, else the one in a build folder; the browser is Debian's Chromium, or
// $CHROMIUM. Without either the test is skipped (exit status 77). A test program ends with the line
// "N passed, N failed, N skipped".
import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(fileURLToPath(import.meta.url), '../../..');
const PASSWORD = 'Techbourse-demo';
const START_MS = 60 * 1000;

const may = (path, mode) => { try { accessSync(path, mode); return true; } catch { return false; } };
const runs = path => path && may(path, constants.X_OK);

// --- counting ------------------------------------------------------------------------------------

const cases = { passed: 0, failed: 0, skipped: 0 };

// A case: runs `body`; a thrown error is a failure. Gives back whether it passed.
export async function check(name, body) {
  try {
    await body();
    cases.passed += 1;
    console.log(`ok    ${name}`);
    return true;
  } catch (error) {
    cases.failed += 1;
    console.log(`FAIL  ${name}\n      ${String(error.stack || error).split('\n').slice(0, 12).join('\n      ')}`);
    return false;
  }
}

export function skip(why) {
  cases.skipped += 1;
  console.log(`skip  ${why}`);
}

export function count_end() {
  console.log(`${cases.passed} passed, ${cases.failed} failed, ${cases.skipped} skipped`);
  process.exitCode = cases.failed ? 1 : cases.passed ? 0 : 77;
}

// --- the program ---------------------------------------------------------------------------------

const builds = ['build/src/techbourse', 'build-test/src/techbourse'];
export const program = [process.env.TECHBOURSE, ...builds.map(path => join(root, path))].find(runs);
const demo = { ...process.env, TECHBOURSE_DEMO: join(root, 'data/demo') };

// One command of the program; throws with what it said when it ends with another status than 0.
export function command(...args) {
  try {
    return execFileSync(program, args, { env: demo, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new Error(`techbourse ${args.join(' ')}: status ${error.status}\n${error.stdout}${error.stderr}`);
  }
}

// A demo exchange that serves on a free port: {url, data, stop}.
async function exchange_open() {
  const data = mkdtempSync(join(tmpdir(), 'techbourse-'));
  const drop = () => rmSync(data, { recursive: true, force: true });
  try {
    if (process.env.TECHBOURSE_TEST_DEMO)     // Made once by script/test.
      cpSync(process.env.TECHBOURSE_TEST_DEMO, data, { recursive: true });
    else
      command('init', '--demo', '--data', data);
    const server = spawn(program, ['serve', '--data', data, '--listen', '127.0.0.1:0'],
      { env: demo, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    const url = await new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`no address:\n${said}`)), START_MS);
      server.stderr.setEncoding('utf8').on('data', text => {
        said += text;
        const match = /http:\/\/[\d.]+:\d+/.exec(said);
        if (match) { clearTimeout(timer); done(match[0]); }
      });
      server.on('exit', status => fail(new Error(`serve ended with ${status}:\n${said}`)));
    });
    const ended = new Promise(done => server.on('exit', (status, signal) => done({ status, signal, said })));
    const stop = () => { server.kill('SIGTERM'); return ended; };
    return { url, data, stop, drop };
  } catch (error) {
    drop();
    throw error;
  }
}

// --- the browser ---------------------------------------------------------------------------------

// The shell draws no window around its pages, which is half of what the whole browser does.
const browsers = [process.env.CHROMIUM, '/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/chromium-browser'];
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

// Whatever goes wrong in a page without anybody clicking on it: script errors, refused or lost requests.
export function watch(page, seen = []) {
  const told = text => { if (!page.expects?.test(text)) seen.push(`${new URL(page.url()).pathname}: ${text}`); };
  page.on('pageerror', error => told(`script: ${error.message}`));
  page.on('console', message => { if (message.type() === 'error') told(`console: ${message.text()}`); });
  page.on('response', reply => { if (reply.status() >= 400) told(`${reply.status()} ${reply.url()}`); });
  page.on('requestfailed', request => {
    const why = request.failure()?.errorText;
    if (why !== 'net::ERR_ABORTED')     // A page that is left ends its own requests.
      told(`${why} ${request.url()}`);
  });
  return seen;
}

// A browser of somebody's own: {login, lang, theme, width}; without login nobody is signed in.
// The page's `troubles` are what watch() has seen.
export async function person(place, { login, lang = 'zh', theme = 'light', width = 1440, height = 900 } = {}) {
  const context = await place.browser.newContext({
    baseURL: place.url, viewport: { width, height }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai',
    colorScheme: theme, acceptDownloads: true, reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(15000);
  await dress(context, place, { lang, theme });
  const page = await context.newPage();
  page.troubles = watch(page);
  if (login)
    await sign_in(page, login);
  return page;
}

// Another page of the same person: signed in as the first one, with a size and troubles of its own.
export async function beside(other, { width, height }) {
  const page = await other.context().newPage();
  await page.setViewportSize({ width, height });
  page.troubles = watch(page);
  return page;
}

// Language and theme are cookies.
export async function dress(context, place, { lang, theme }) {
  await context.addCookies([{ name: 'lang', value: lang, url: place.url }, { name: 'theme', value: theme, url: place.url }]);
}

export async function sign_in(page, login) {
  await page.goto('/signin');
  await page.fill('#i-login', login);
  await page.fill('#i-password', PASSWORD);
  await page.click('form[action="/do/session.open"] button');
  await page.waitForURL(url => url.pathname !== '/signin' && !url.pathname.startsWith('/do/'));
  if (new URL(page.url()).pathname === '/me/second')     // An administrator.
    await give_code(page);
}

// Types the code that the demonstration's box shows. Each is taken once, so one may have to wait.
export async function give_code(page, action = '/do/session.second') {
  const shown = page.locator('[data-demo-code]');
  while (!await shown.count()) {
    await page.waitForTimeout(3000);
    await page.reload();
  }
  const form = page.locator(`form[action="${action}"]`);
  await form.locator('#i-second_code').fill(await shown.innerText());
  await form.locator('.btn-primary').click();
  await page.waitForURL(url => url.pathname !== '/me/second');
}

// Proves the second factor, then goes to `path`.
export async function prove(page, path) {
  await page.goto(`/me/second?next=${encodeURIComponent(path)}`);
  await give_code(page);
}

// --- a test program ------------------------------------------------------------------------------

// Runs `body` with a place {url, data, browser, stop}, cleans up and prints the count.
export async function main(body) {
  const chromium = browsers.find(runs);
  if (!program || !chromium || !may(join(root, 'node_modules/playwright-core'), constants.R_OK)) {
    skip(!program ? 'no program: build it, or name it in TECHBOURSE' : 'no Chromium, or no playwright-core');
    count_end();
    return;
  }
  const { chromium: driver } = await import('playwright-core');
  let place = null, browser = null;
  try {
    place = await exchange_open();
    browser = await driver.launch({ executablePath: chromium, args: flags });
    await body({ ...place, browser });
  } catch (error) {
    await check('the test itself', () => { throw error; });
  } finally {
    await browser?.close();
    await place?.stop();
    place?.drop();
    count_end();
  }
}

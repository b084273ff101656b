// shots.mjs - makes the pictures of the READMEs, docs/images/NAME-LANGUAGE-WIDTH[-dark].png, of a demo
// exchange. By hand, after script/build:  node docs/shots.mjs [NAME ...]
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dress, main, person, prove, root } from '../test/browser/lib.mjs';

const KEPT = 200 * 1024;        // Bytes that a picture should not exceed.
const folder = join(root, 'docs/images');
const sizes = { 1440: 900, 390: 844 };
const looks = [['zh', 'light'], ['en', 'light'], ['zh', 'dark'], ['en', 'dark']];

// --- where the pages are: each gives a path; `at` is scrolled to the top ----------------------------

async function first_link(page, list, noun) {
  await page.goto(list);
  return page.locator(`main a[href^="/${noun}/"]`).first().getAttribute('href');
}

async function need_with_matches(page) {
  await page.goto('/needs?mine=1');
  const paths = await page.locator('main td a[href^="/need/"]').evaluateAll(all => all.map(one => one.getAttribute('href')));
  for (const path of paths) {
    await page.goto(path);
    if (await page.locator('.tb-matches > li').count() >= 3)
      return path;
  }
  throw new Error('no need with matches');
}

async function mapping(page) {
  await page.goto('/import');
  await page.setInputFiles('#i-file', join(root, 'data/demo/import_sample.xlsx'));
  await page.click('form[action="/do/import.upload"] button');
  await page.waitForSelector('.tb-map');
  return new URL(page.url()).pathname;
}

// An open lot on which this reader may bid, else any open lot.
async function open_lot(page) {
  await prove(page, '/lots');
  const paths = await page.locator('.tb-lots li:not(.is-waiting) a').evaluateAll(all => all.map(one => one.getAttribute('href')));
  for (const path of paths) {
    await page.goto(path);
    if (await page.locator('form[data-bid]').count())
      return path;
  }
  return paths[0];
}

const pictures = {
  home: { find: () => '/' },
  listings: { find: () => '/listings' },
  patent: { find: page => first_link(page, '/patents', 'patent') },
  need: { login: 'firm', find: need_with_matches, at: '#matches-h' },
  import: { login: 'office', find: mapping },
  lot: { login: 'firm2', find: open_lot },
  deal: { login: 'office', find: page => first_link(page, '/deals', 'deal') },
};

// --- taking them ---------------------------------------------------------------------------------

function squeeze(file) {
  try {
    execFileSync('pngquant', ['--force', '--skip-if-larger', '--quality=80-98', '--output', file, file], { stdio: 'ignore' });
  } catch { /* Not installed, or nothing to gain. */ }
  const bytes = statSync(file).size;
  console.log(`${bytes > KEPT ? 'large ' : ''}${Math.round(bytes / 1024)} KB ${file}`);
}

async function take(page, place, name, path, at) {
  for (const [width, height] of Object.entries(sizes)) {
    await page.setViewportSize({ width: Number(width), height });
    for (const [lang, theme] of looks) {
      const file = join(folder, `${name}-${lang}-${width}${theme === 'dark' ? '-dark' : ''}.png`);
      await dress(page.context(), place, { lang, theme });
      await page.goto(path);
      if (at)
        await page.locator(at).evaluate(one => window.scrollTo(0, one.getBoundingClientRect().top - 90));
      await page.waitForTimeout(300);
      await page.screenshot({ path: file });
      squeeze(file);
    }
  }
}

await main(async place => {
  const asked = process.argv.slice(2);
  mkdirSync(folder, { recursive: true });
  for (const [name, picture] of Object.entries(pictures)) {
    if (asked.length && !asked.includes(name))
      continue;
    const page = await person(place, { login: picture.login });
    await take(page, place, name, await picture.find(page), picture.at);
    await page.context().close();
  }
});

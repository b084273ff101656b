// pages.mjs - every page of src/web/page_table.c as those who may see it, narrow and wide, in both
// languages and themes: no script error, no failed request, nothing wider than the window, no words
// left in the wrong language, and nothing that axe-core finds fault with.
//
// To stay within two minutes the public reads every page at both widths, the others read the pages
// that everybody has at one of them; language and theme go round from page to page. The pages of the
// line take all eight looks; axe-core examines four of them, each language and theme at some width:
// the first of a width wholly, the second, whose theme is the other one, for contrast. Other pages it
// examines once wholly, at a width that goes round, and at the other for contrast. Contrast, the
// dearest of its rules by far, is a matter of styles: it is asked where a page has an element with
// text whose tags, classes and states, up to the body, none had before in that theme and width.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beside, check, dress, main, person, prove, root } from './lib.mjs';

const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
const widths = [390, 1440];
// What axe-core looks for on the first, second.. look of a page at a width: all, contrast, nothing.
const examined = ['all', 'contrast'];
const looks = [['zh', 'light'], ['en', 'dark'], ['zh', 'dark'], ['en', 'light']];

// `all`: a page of the line. `id` is filled in from the reader's own list.
const everybody = [
  { path: '/', all: true }, { path: '/search?q=%E7%94%B5%E6%B1%A0', all: true }, { path: '/search?q=%E7%94%B5%E6%B1%A0&field=newenergy&region=32' }, { path: '/search?q=dianchizzz' }, { path: '/compare?ids=patent-83&ids=need-1&ids=achievement-14', all: true }, { path: '/patents' },
  { path: '/patent/{id}' }, { path: '/achievements' }, { path: '/achievement/{id}' }, { path: '/listings' }, { path: '/listing/{id}' },
  { path: '/needs' }, { path: '/need/{id}' }, { path: '/lots' }, { path: '/lot/{id}' }, { path: '/notices' }, { path: '/notice/1' }, { path: '/seasons' }, { path: '/season/1' }, { path: '/orgs' },
  { path: '/org/{id}' }, { path: '/verify' }, { path: '/consent/verify' }, { path: '/privacy' },
];
const own_only = ['office2', 'firm2', 'security', 'audit', 'department', 'expert', 'manager'];
const readers = {
  public: [{ path: '/signin' }, { path: '/reset' }, { path: '/lot/{id}', all: true }, { path: '/listings', all: true }, { path: '/verify', all: true },
    { path: '/lot/1', all: true }, { path: '/lot/1/verify', all: true }, { path: '/lot/12/verify?n=3&hash=00' },
    { path: '/join', all: true }, { path: '/join/status' }, { path: '/people' }, { path: '/person/1' }, { path: '/rosters' }, { path: '/roster/1' },
    { path: '/nowhere', status: 404 }],
  office: [{ path: '/patents?mine=1', all: true }, { path: '/listings?mine=1', all: true }, { path: '/import', all: true },
    { path: '/import/{mapping}', all: true }, { path: '/import/{run}', all: true }, { path: '/deals' }, { path: '/showings' },
    { path: '/form/listing.file?patent_ids={mine}', all: true }, { path: '/form/achievement.add' }, { path: '/me', all: true }, { path: '/me/second' }, { path: '/me/password' }, { path: '/form/second.off' }, { path: '/log', status: 403 }],
  firm: [{ path: '/inbox', all: true }, { path: '/me/deposits' }, { path: '/deposit/48' }, { path: '/lot/18' }, { path: '/me/pushes' }, { path: '/pushes', all: true }, { path: '/push/{push}', all: true }, { path: '/evaluate', all: true }, { path: '/evaluations' }, { path: '/evaluation/1' }, { path: '/me/unit' }, { path: '/searches' }, { path: '/form/search.rename?id=1' }, { path: '/contributions' }, { path: '/me/consents' }, { path: '/consent/sign/nda', all: true }, { path: '/me/data' }, { path: '/needs?mine=1' }, { path: '/need/{own}', all: true }, { path: '/deals' }, { path: '/showings' }, { path: '/showing/{id}', all: true }, { path: '/form/need.post', all: true },
    { path: '/lot/{id}' }, { path: '/import', status: 403 }],
  operator: [{ path: '/admin/calendar?year=2026' }, { path: '/season/1' }, { path: '/season/plan?season_id=1&listing_ids=40,65' }, { path: '/notice/1', all: true }, { path: '/form/lot_notice.draft?lot_id=1' }, { path: '/deposits' }, { path: '/deposits?state=releasing' }, { path: '/deposit/48' }, { path: '/lot/18/bidders' }, { path: '/form/lot_terms.set?lot_id=17' }, { path: '/form/lot_bar.set?lot_id=18' }, { path: '/admin/synonyms', all: true }, { path: '/form/synonym.add?words=TC4' }, { path: '/pushes' }, { path: '/pushes/report', all: true }, { path: '/evaluations', all: true }, { path: '/feedback', all: true }, { path: '/form/push.target' }, { path: '/why?of=need-1&to=patent-83', all: true }, { path: '/admin/models', all: true }, { path: '/admin/processing' }, { path: '/form/consent_text.publish' }, { path: '/listings?state=filed', all: true }, { path: '/lot/{id}', all: true }, { path: '/deals' }, { path: '/deal/{id}' },
    { path: '/form/lot.open?listing_id=40', all: true }, { path: '/form/lot.cancel?id={lot}' }, { path: '/form/listing.return?ids=65' },
    { path: '/form/deal.sign?id={deal}' }, { path: '/form/org.add' }, { path: '/showings', all: true }, { path: '/showing/{id}' }, { path: '/form/showing.add?need_id=1' },
    { path: '/form/org.change?id=52&level=city&line=trade&field=marine&division=325400' }],
  department: [{ path: '/joinings', all: true }, { path: '/org/{id}' }, { path: '/joining/1', all: true }, { path: '/roster/2' }],
  manager: [{ path: '/workbench', all: true }, { path: '/why?of=need-1&to=patent-1' }, { path: '/form/note.add?need_id=1&patent_id=83' }],
  expert: [{ path: '/me/profile' }, { path: '/certificates' }],
  office2: [{ path: '/unit' }, { path: '/unit/contributions' }, { path: '/unit/add' }, { path: '/roster/1' }, { path: '/deals' }, { path: '/deal/{id}', all: true }],      // A unit that has sold something.
  security: [{ path: '/admin/accounts' }, { path: '/admin/account/6' }, { path: '/admin/approvals' }, { path: '/resets' }, { path: '/me' }, { path: '/me/second' }],
  firm2: [{ path: '/lot/{bidding}', all: true }],       // Admitted to it.
  audit: [{ path: '/log', all: true }, { path: '/verify?after=0' }, { path: '/audit' }, { path: '/audit?tab=acts' }, { path: '/admin/permissions' }, { path: '/admin/policy' },
    { path: '/admin/accounts', status: 403 }],
};

// --- what is asked of a page ---------------------------------------------------------------------

// The kinds of elements with text: tags, classes and states, from the element up to the body.
function text_kinds() {
  const name = at => [at.tagName, at.getAttribute('class'), at.getAttribute('aria-current'), at.disabled, at.checked].join();
  const chain = at => at === document.body || !at ? '' : `${chain(at.parentElement)}>${name(at)}`;
  const kinds = new Set();
  for (const at of document.body.querySelectorAll('*'))
    if (at.matches('input, select, textarea') || [...at.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
      kinds.add(chain(at));
  return [...kinds];
}

const known_kinds = {};         // By theme and width.

async function axe_finds(page, what, theme) {
  if (!what)
    return [];
  const known = known_kinds[`${theme} ${page.viewportSize().width}`] ||= new Set();
  const fresh = (await page.evaluate(text_kinds)).filter(kind => !known.has(kind));
  fresh.forEach(kind => known.add(kind));
  if (what === 'contrast' && !fresh.length)
    return [];
  const rules = what === 'contrast' ? { runOnly: ['color-contrast'] } : { rules: { 'color-contrast': { enabled: fresh.length > 0 } } };
  await page.evaluate(axe);
  const found = await page.evaluate(
    some => window.axe.run(document, { resultTypes: ['violations'], ...some }), rules);
  return found.violations.map(one =>
    `axe ${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map(node => `${node.target} ${node.any[0]?.message || ''}`).join(' | ')}`);
}

// Links among words that only their colour tells from these; axe-core sees some of them, by contrast.
function links_by_colour() {
  const inline = node => node.nodeType === 1 && getComputedStyle(node).display === 'inline';
  const words = node => node.nodeType === 3 ? node.data : node.tagName !== 'A' && inline(node) ? node.textContent : '';
  const among = link => [...link.parentNode.childNodes].some(node => node !== link && /[\p{L}\p{N}]/u.test(words(node)));
  const plain = link => link.offsetParent && inline(link) && !getComputedStyle(link).textDecorationLine.includes('underline');
  return [...document.querySelectorAll('main a:not(.btn)')].filter(link => plain(link) && among(link))
    .map(link => `told by colour alone: ${link.outerHTML.slice(0, 100)}`);
}

// Words of the page's own (not of its data) in the other language, and text keys without words.
function words_wrong(lang) {
  const own = 'thead:not(.tb-map thead, .tb-compare thead) th, legend, dt, main h2:not(.tb-data), main button:not(.tb-data), .tb-state, .tb-nav a, .tb-tools a:not([lang])';
  const faults = [];
  for (const at of document.querySelectorAll(own))
    if (lang === 'en' && /\p{Script=Han}/u.test(at.textContent.replace(/[万亿]/g, '')) && !at.closest('.tb-me'))
      faults.push(`not English: ${at.textContent.trim().slice(0, 40)}`);
  const main = document.querySelector('main').cloneNode(true);
  main.querySelectorAll('code').forEach(code => code.remove());
  for (const key of main.textContent.match(/\b(page|menu|fact|error|field|web|command)\.[a-z_]{3,}\b/g) || [])
    faults.push(`no words for ${key}`);
  if (document.documentElement.lang.slice(0, 2) !== lang)
    faults.push(`language ${document.documentElement.lang}`);
  return faults;
}

const too_wide = () => {
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth > clientWidth ? [`${scrollWidth} wide in ${clientWidth}`] : [];
};

// Steps that do not fit their line, and a bid bar over what the bidder has to know.
const covered = () => {
  const faults = [];
  for (const steps of document.querySelectorAll('.tb-steps'))
    if (steps.scrollWidth > steps.clientWidth)
      faults.push(`steps are cut off: ${steps.scrollWidth} in ${steps.clientWidth}`);
  const told = document.querySelector('.tb-mine'), bar = document.querySelector('.tb-bid');
  if (told && bar && told.getBoundingClientRect().bottom > bar.getBoundingClientRect().top + 1)
    faults.push('the bid bar covers whether the bidder leads');
  return faults;
};

async function faults_of(page, place, visit, [lang, theme], what) {
  page.troubles.length = 0;
  page.expects = visit.status ? new RegExp(String(visit.status)) : undefined;
  await dress(page.context(), place, { lang, theme });
  const reply = await page.goto(visit.path, { waitUntil: 'load' });
  const faults = reply.status() === (visit.status || 200) ? [] : [`status ${reply.status()}`];
  faults.push(...await page.evaluate(too_wide), ...await page.evaluate(covered), ...await page.evaluate(links_by_colour), ...await page.evaluate(words_wrong, lang), ...await axe_finds(page, what, theme));
  return [...faults, ...page.troubles].map(fault => `${lang} ${theme} ${page.viewportSize().width}: ${fault}`);
}

// --- where the pages are -------------------------------------------------------------------------

async function first_id(page, list, noun) {
  await page.goto(list);
  const href = await page.locator(`main a[href^="/${noun}/"]`).first().getAttribute('href', { timeout: 3000 });
  return href.split('/')[2];
}

// One import that waits for its columns and one that is done.
async function make_imports(page) {
  const ids = [];
  for (const name of ['import_sample_gb18030.csv', 'import_sample.xlsx']) {
    await page.goto('/import');
    await page.setInputFiles('#i-file', join(root, 'data/demo', name));
    await page.click('form[action="/do/import.upload"] button');
    await page.waitForSelector('.tb-map');
    ids.push(new URL(page.url()).pathname.split('/')[2]);
  }
  await page.click('form[action="/do/import.map"] .btn-primary');
  await page.waitForSelector('#rejects', { timeout: 60000 });
  return ids;
}

// An open lot on which this reader may bid.
async function lot_to_bid_on(page) {
  await page.goto('/lots');
  const paths = await page.locator('.tb-lots a[href^="/lot/"]').evaluateAll(all => all.map(one => one.getAttribute('href')));
  for (const path of paths) {
    await page.goto(path);
    if (await page.locator('[data-prove]').count())     // Once a session: then it may bid.
      await prove(page, path);
    if (await page.locator('form[data-bid]').count())
      return path.split('/')[2];
  }
  throw new Error('no lot to bid on');
}

const lists = { patent: '/patents', achievement: '/achievements', listing: '/listings', need: '/needs', lot: '/lots', org: '/orgs', deal: '/deals', push: '/pushes', showing: '/showings' };

async function fill_path(page, path, known) {
  for (const [, name] of path.matchAll(/\{(\w+)\}/g)) {
    if (!known[name] && name === 'mine')
      known.mine = await first_id(page, '/patents?mine=1', 'patent');
    if (!known[name] && name === 'own')
      known.own = await first_id(page, '/needs?mine=1', 'need');
    if (!known[name] && name === 'bidding')
      known.bidding = await lot_to_bid_on(page);
    const noun = name === 'id' ? path.split('/')[1] : name;
    if (!known[noun] && lists[noun])
      known[noun] = await first_id(page, lists[noun], noun);
    path = path.replace(`{${name}}`, known[noun]);
  }
  return path;
}

// --- all of it -----------------------------------------------------------------------------------

async function read_all(place, login, visits) {
  const who = login === 'public' ? undefined : login;
  const [narrow, wide] = widths;
  const pages = [await person(place, { login: who, width: narrow, height: 844 })];
  pages.push(await beside(pages[0], { width: wide, height: 900 }));    // Signed in once for both.
  const known = {};
  if (login === 'office')
    [known.mapping, known.run] = await make_imports(pages[1]);
  for (const [nth, given] of visits.entries())
    await check(`${login} ${given.path}`, async () => {
      const visit = { ...given, path: await fill_path(pages[1], given.path, known) };
      const faults = [];
      for (const [at, page] of pages.entries()) {
        if (visit.once && at !== nth % pages.length)
          continue;
        const turn = (nth + at) % looks.length;
        const mine = visit.all ? [...looks.slice(2 * at), ...looks.slice(0, 2 * at)] : [looks[turn]];
        for (const [order, look] of mine.entries())
          faults.push(...await faults_of(page, place, visit, look, visit.all || visit.once ? examined[order] : examined[(nth + at) % 2]));
      }
      assert.deepEqual([...new Set(faults)], []);
    });
  await pages[0].context().close();
}

await main(async place => {
  const left = Object.entries(readers).map(([login, own]) => {
    const rest = own_only.includes(login) ? [] : everybody.filter(one => !own.some(mine => mine.path === one.path));
    return [login, [...own, ...rest.map(one => ({ once: login !== 'public' && !one.all, ...one }))]];
  });
  const go = async () => { for (let next = left.shift(); next; next = left.shift()) await read_all(place, ...next); };
  await Promise.all([go(), go()]);
});

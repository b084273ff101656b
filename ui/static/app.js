// app.js - what every page of Techbourse does beyond plain HTML. Pages work without it: this adds the
// theme switch, choosing rows, second looks, drafts, clocks, and small help for long forms.
'use strict';

(() => {
  const root = document.documentElement;
  const words = document.body.dataset;
  root.classList.add('has-script');

  const all = (selector, from) => Array.from((from || document).querySelectorAll(selector));
  const one = (selector, from) => (from || document).querySelector(selector);
  const fill = (text, ...args) => text.replace(/%(\d)/g, (_, n) => args[n - 1]);
  const store = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, value); } catch { /* Full or forbidden. */ } },
    drop(key) { try { localStorage.removeItem(key); } catch { /* The same. */ } },
  };
  const say = text => { one('#say').textContent = text; };

  // --- theme: kept in a cookie, so that the server sends the right one and nothing flickers ------

  function theme_switch() {
    const dark = getComputedStyle(root).colorScheme === 'dark';
    const next = dark ? 'light' : 'dark';
    root.dataset.bsTheme = next;
    document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;
  }

  // --- rows chosen for an act on several ----------------------------------------------------------

  const boxes_of = form => all('td.tb-pick input', form);

  function pick_show(form) {
    const boxes = boxes_of(form);
    const count = boxes.filter(box => box.checked).length;
    const head = one('[data-act="pick-all"]', form);
    if (head) {
      head.checked = count > 0 && count === boxes.length;
      head.indeterminate = count > 0 && count < boxes.length;
    }
    for (const bar of all('.tb-batch', form)) {
      const line = one('[data-count]', bar);
      bar.classList.toggle('is-empty', count === 0);
      line.textContent = fill(line.dataset.count, count);
    }
    form.dataset.count = count;
  }

  function pick_all(form, on) {
    for (const box of boxes_of(form))
      box.checked = on;
    pick_show(form);
  }

  let last_box = null;
  function pick_range(box, form) {
    const boxes = boxes_of(form);
    const from = boxes.indexOf(last_box), to = boxes.indexOf(box);
    if (from < 0)
      return;
    for (let i = Math.min(from, to); i <= Math.max(from, to); i++)
      boxes[i].checked = box.checked;
  }

  // --- a second look before an act that cannot be taken back --------------------------------------

  function ask(text) {
    const dialog = one('#ask');
    if (!dialog || !dialog.showModal)
      return Promise.resolve(window.confirm(text));
    one('#ask-text').textContent = text;
    dialog.returnValue = '';
    return new Promise(resolve => {
      const click = event => { if (event.target.value) dialog.close(event.target.value); };
      dialog.addEventListener('click', click);
      dialog.addEventListener('close', () => {
        dialog.removeEventListener('click', click);
        resolve(dialog.returnValue === 'yes');
      }, { once: true });
      dialog.showModal();
    });
  }

  async function form_submit(event) {
    const form = event.target;
    const button = event.submitter;
    const question = (button && button.dataset.confirm) || form.dataset.confirm;
    if (question && !form.sure) {
      event.preventDefault();
      event.stopPropagation();
      if (!await ask(fill(question, form.dataset.count || 1)))
        return;
      form.sure = true;
      form.requestSubmit(button);
      return;
    }
    form.sure = false;
    leaving = true;
    if (form.method === 'post' && !('bid' in form.dataset)) {
      if (form.busy) { event.preventDefault(); return; }
      form.busy = true;
      if (button) setTimeout(() => button.setAttribute('aria-busy', 'true'), 300);
    }
  }

  // --- drafts of long forms ----------------------------------------------------------------------

  let leaving = false;
  let changed = false;

  // Never kept: what the browser sets itself, and secrets.
  const kept = input => input.name && !['hidden', 'password', 'file', 'submit'].includes(input.type);
  const draft_key = form => `draft:${form.dataset.keep}`;
  const clock = ms => new Date(ms).toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit', hour12: false });

  function draft_save(form) {
    const values = Array.from(form.elements).filter(kept)
      .map(input => [input.name, input.value, input.checked || false]);
    const at = Date.now();
    store.set(draft_key(form), JSON.stringify({ at, values }));
    const line = one('[data-saved-line]', form);
    if (line) line.textContent = fill(line.dataset.words, clock(at));
  }

  function draft_restore(form) {
    const line = one('[data-saved-line]', form);
    let draft = null;
    try { draft = JSON.parse(store.get(draft_key(form))); } catch { /* Spoiled: as if there were none. */ }
    if (!draft || !line || one('.tb-errors'))
      return;
    for (const [name, value, checked] of draft.values) {
      const inputs = Array.from(form.elements).filter(input => input.name === name && kept(input));
      if (inputs.length === 0 || name === 'patent_ids')
        continue;
      const box = inputs.find(input => input.value === value);
      if (['checkbox', 'radio'].includes(inputs[0].type)) { if (box) box.checked = checked; }
      else if (!inputs[0].value) inputs[0].value = value;
    }
    line.textContent = `${fill(line.dataset.restored, clock(draft.at))} `;
    const forget = document.createElement('button');
    forget.type = 'button';
    forget.className = 'tb-plain';
    forget.textContent = line.dataset.forget;
    forget.addEventListener('click', () => { store.drop(draft_key(form)); leaving = true; location.reload(); });
    line.append(forget);
    all('[data-money]', form).forEach(money_echo);
  }

  // The draft is dropped once the form has led to another page that is not itself with errors.
  function draft_forget() {
    const sent = store.get('draft-sent');
    if (sent && one('.tb-flash.k-done'))
      store.drop(sent);
    store.drop('draft-sent');
  }

  // --- amounts: what was typed, said back with 万 and 亿 -----------------------------------------

  // Whole fen of "35000", "35,000.00", "3.5万", "1.2亿元"; -1 when it is no amount.
  function money_read(text) {
    const plain = text.normalize('NFKC').replace(/[\s,￥¥元]/g, '');
    const match = /^(\d+)(?:\.(\d+))?(万|亿)?$/.exec(plain);
    if (!match)
      return -1;
    const digits = { 万: 6, 亿: 10 }[match[3]] || 2;
    const tail = match[2] || '';
    if (tail.length > digits)
      return -1;
    const fen = Number(match[1] + tail.padEnd(digits, '0'));
    return Number.isSafeInteger(fen) ? fen : -1;
  }
  const money_show = fen => {
    const [whole, part] = (fen / 100).toFixed(2).split('.');
    return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${part}`;
  };
  // In 万 and 亿 where four decimals say it exactly, for those who read Chinese; else ''.
  const chinese = root.lang.startsWith('zh');
  const trim = number => number.toFixed(4).replace(/\.?0+$/, '');
  function money_short(fen) {
    if (!chinese) return '';
    if (fen >= 1e10 && fen % 1e6 === 0) return `${trim(fen / 1e10)}亿`;
    return fen >= 1e6 && fen % 100 === 0 ? `${trim(fen / 1e6)}万` : '';
  }

  function money_echo(input) {
    const echo = one(`[data-echo="${input.name}"]`);
    const fen = money_read(input.value);
    if (echo) echo.textContent = fen > 0 ? `${money_show(fen)} ${money_short(fen)}` : '';
  }

  // --- the search box: a line, or a paragraph that it grows with ----------------------------------

  function ask_grow(box) {
    if (CSS.supports('field-sizing', 'content')) return;
    box.style.height = 'auto';
    box.style.height = `${box.scrollHeight + 2}px`;
  }

  // --- what may be meant, while typing -----------------------------------------------------------

  const WAIT_MS = 120;
  const hrefs = { unit: 'org', patent: 'patent', achievement: 'achievement', need: 'need' };
  const href_of = item => item.kind === 'field' ? `/search?field=${encodeURIComponent(item.code)}`
    : hrefs[item.kind] ? `/${hrefs[item.kind]}/${item.id}` : `/search?q=${encodeURIComponent(item.text)}`;

  // A list of links under the box; the keys go through it, the box keeps the focus.
  function suggest_list(box) {
    const list = document.createElement('ul');
    list.className = 'tb-suggest';
    list.id = `suggest-${all('.tb-suggest').length}`;
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', words.suggest);
    list.hidden = true;
    list.addEventListener('mousedown', event => event.preventDefault());
    box.setAttribute('aria-autocomplete', 'list');
    box.setAttribute('aria-controls', list.id);
    box.autocomplete = 'off';
    box.after(list);
    return list;
  }

  function suggest_close(box) {
    if (!box.suggested) return;
    box.suggested.hidden = true;
    box.removeAttribute('aria-activedescendant');
  }

  function suggest_show(box, items) {
    box.suggested = box.suggested || suggest_list(box);
    const kinds = JSON.parse(words.kinds);
    box.suggested.replaceChildren(...items.map((item, i) => {
      const row = document.createElement('li'), text = document.createElement('span'), kind = document.createElement('small');
      row.setAttribute('role', 'option');
      row.id = `${box.suggested.id}-${i}`;
      row.dataset.href = href_of(item);
      text.textContent = item.text;
      kind.textContent = kinds[item.kind] || '';
      row.append(text, kind);
      return row;
    }));
    box.suggested.hidden = items.length === 0;
    box.removeAttribute('aria-activedescendant');
    if (items.length) say(fill(words.suggested, items.length));
  }

  async function suggest_ask(box) {
    const typed = box.value.trim();
    box.asked = typed;
    if (!typed || typed.length > 60 || typed.includes('\n')) { suggest_close(box); return; }
    try {
      const answer = await fetch(`/api/v1/search/suggest?q=${encodeURIComponent(typed)}`);
      const reply = answer.ok ? await answer.json() : { items: [] };
      if (box.asked === typed && document.activeElement === box) suggest_show(box, reply.items);
    } catch { /* Offline: a search box without suggestions. */ }
  }

  // True when the key was for the list.
  function suggest_key(box, event) {
    if (!box.suggested || box.suggested.hidden) return false;
    const rows = all('li', box.suggested), here = rows.findIndex(row => row.ariaSelected === 'true');
    if (event.key === 'Escape') { suggest_close(box); return true; }
    if (event.key === 'Enter' && here >= 0) { location.assign(rows[here].dataset.href); return true; }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return false;
    const next = here + step < -1 ? rows.length - 1 : here + step >= rows.length ? -1 : here + step;
    rows.forEach((row, i) => { row.ariaSelected = i === next ? 'true' : 'false'; });
    if (next >= 0) box.setAttribute('aria-activedescendant', rows[next].id);
    else box.removeAttribute('aria-activedescendant');
    return true;
  }

  // --- time left ---------------------------------------------------------------------------------

  function left_show(ms) {
    const two = n => String(n).padStart(2, '0');
    const s = Math.max(0, Math.ceil(ms / 1000));
    const days = Math.floor(s / 86400), hours = Math.floor(s / 3600) % 24;
    const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
    return (days ? `${days} ${words.left} ` : '') + (days || hours ? `${two(hours)}:` : '') + rest;
  }

  function clocks_show() {
    for (const clock of all('[data-until]'))
      clock.textContent = `${clock.dataset.words} ${left_show(clock.dataset.until - Date.now())}`;
  }

  // --- wiring ------------------------------------------------------------------------------------

  const acts = {
    'theme': theme_switch,
    'pick-all': target => pick_all(target.form, target.checked),
    'pick-none': target => pick_all(target.form, false),
    'copy': async target => {
      const from = one(`#${target.dataset.from}`);
      getSelection().selectAllChildren(from); // What is left to do by hand, should both ways fail.
      try { await navigator.clipboard.writeText(from.textContent); } catch { document.execCommand('copy'); }
      say(target.dataset.copied);
      target.textContent = target.dataset.copied;
    },
    'print': () => print(),
    'save-view': target => {
      store.set(`view:${location.pathname}`, location.search);
      say(target.dataset.saved);
      target.textContent = target.dataset.saved;
    },
  };

  function prepare(from) {
    all('[data-act][hidden]', from).forEach(button => { if (button.dataset.act !== 'sound') button.hidden = false; });
    all('form#pick', from).forEach(pick_show);
    all('form[data-keep]', from).forEach(draft_restore);
    all('[data-money]', from).forEach(money_echo);
    all('[data-ask]', from).forEach(ask_grow);
    if (one('[data-until]')) clocks_show();
  }

  document.addEventListener('click', event => {
    const target = event.target.closest('[data-act]');
    if (target && acts[target.dataset.act]) acts[target.dataset.act](target);
    if (event.target.matches('td.tb-pick input') && event.shiftKey) pick_range(event.target, event.target.form);
    if (event.target.matches('td.tb-pick input')) { last_box = event.target; pick_show(event.target.form); }
    for (const open of all('details.tb-me[open], .tb-batch details[open]'))
      if (!open.contains(event.target)) open.open = false;
  });

  document.addEventListener('keydown', event => {
    if (event.target.matches('input[data-suggest], textarea[data-suggest]') && !event.isComposing && suggest_key(event.target, event)) {
      event.preventDefault();
      return;
    }
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.target.matches('[data-ask]')) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
    if (event.key !== 'Escape')
      return;
    all('details.tb-me[open], .tb-batch details[open]').forEach(open => { open.open = false; });
    if (location.hash === '#menu' || location.hash === '#facets') location.hash = '#main';
  });

  document.addEventListener('focusout', event => suggest_close(event.target));
  document.addEventListener('mouseup', event => {
    const row = event.target.closest('.tb-suggest li');
    if (row && event.button === 0) location.assign(row.dataset.href);
  });

  let save_timer = 0, suggest_timer = 0;
  document.addEventListener('input', event => {
    const form = event.target.form;
    if (event.target.matches('input[data-suggest], textarea[data-suggest]')) {
      clearTimeout(suggest_timer);
      suggest_timer = setTimeout(suggest_ask, WAIT_MS, event.target);
    }
    if ('money' in event.target.dataset) money_echo(event.target);
    if ('ask' in event.target.dataset) ask_grow(event.target);
    if (!form || !('leave' in form.dataset))
      return;
    changed = true;
    if (form.dataset.keep) {
      clearTimeout(save_timer);
      save_timer = setTimeout(draft_save, 800, form);
    }
  });

  document.addEventListener('submit', event => {
    form_submit(event);
    const form = event.target;
    if (!event.defaultPrevented && form.dataset.keep) { draft_save(form); store.set('draft-sent', draft_key(form)); }
  }, true);

  window.addEventListener('beforeunload', event => {
    if (changed && !leaving) { event.preventDefault(); event.returnValue = words.leave; }
  });
  // Back from the next page: the form may be sent again.
  window.addEventListener('pageshow', () => {
    leaving = false;
    all('form').forEach(form => { form.busy = false; });
    all('[aria-busy]').forEach(button => button.removeAttribute('aria-busy'));
  });

  // A file dropped on the box goes into its input.
  for (const type of ['dragover', 'dragleave', 'drop'])
    document.addEventListener(type, event => {
      const box = event.target.closest && event.target.closest('[data-drop]');
      if (!box)
        return;
      event.preventDefault();
      box.classList.toggle('is-over', type === 'dragover');
      if (type === 'drop' && event.dataTransfer.files.length) one('input[type=file]', box).files = event.dataTransfer.files;
    });

  // A cell copied from a spreadsheet brings a line end and tabs: they do not belong into one line.
  document.addEventListener('paste', event => {
    const input = event.target;
    if (!input.matches || !input.matches('input.form-control') || !event.clipboardData)
      return;
    const text = event.clipboardData.getData('text');
    const clean = text.replace(/[\t\r\n\u00a0\u3000]+/g, ' ').trim();
    if (clean === text)
      return;
    event.preventDefault();
    input.setRangeText(clean, input.selectionStart, input.selectionEnd, 'end');
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });

  // A key chooses what it stands beside; Enter sends. Not while something is typed.
  document.addEventListener('keydown', event => {
    const form = one('form[data-keys]');
    if (!form || event.ctrlKey || event.altKey || event.metaKey || event.target.matches('select, textarea, input:not([type=radio]):not([type=checkbox])'))
      return;
    if (event.key === 'Enter' && !event.target.matches('a, button, summary')) { event.preventDefault(); form.requestSubmit(); return; }
    const input = all('[data-key]', form).find(at => at.dataset.key === event.key);
    if (input) { event.preventDefault(); input.click(); input.focus(); }
  });

  document.addEventListener('htmx:afterSwap', () => prepare(document));

  // A list opens with the view that was saved for it.
  const view = store.get(`view:${location.pathname}`);
  if (view && !location.search && one('#filter') && !document.referrer.includes(location.pathname))
    location.replace(location.pathname + view);

  window.techbourse = { ask, fill, say, left_show, money_read, money_show, money_short, store };
  draft_forget();
  prepare(document);
  const errors = one('[data-focus]');
  if (errors) errors.focus();
  if (one('[data-until]')) setInterval(clocks_show, 1000);
})();

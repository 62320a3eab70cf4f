// What the page does by itself: the theme, and the levers, which go by the admin API like anybody's.
(() => {
  const byId = (id) => document.getElementById(id);
  const levers = {
    kill: { title: (what) => `Kill ${what}`, does: 'Nothing more is sent there, retries included. The rungs below serve.', go: 'Kill', until: true, inFlight: true },
    drain: { title: (what) => `Drain ${what}`, does: 'Nothing new is sent there; what is under way ends by itself.', go: 'Drain', until: true },
    revive: { title: (what) => `Revive ${what}`, does: 'The order is taken back. Traffic returns as fast as its breaker lets it.', go: 'Revive' },
    pin: { title: (what, target) => `Pin ${what} to ${target}`, does: 'The calls of the route go there first; the rest of the ladder stays behind it. A pin always has an end.', go: 'Pin', until: true, ends: true },
    chaos: { title: (what) => `Practise a fault of ${what}`, does: 'Real calls meet it. It ends by itself, at its time or as soon as users are hurt, and by hand at once.', go: 'Begin', fault: true },
    abort: { title: (what) => `Abort ${what}`, does: 'The fault ends with the next call.', go: 'Abort', path: '/admin/chaos/abort' },
    cancel: { title: (what) => `Cancel what waits on ${what}`, does: 'Every piece of deferred work that waits there is taken back; its owners find it cancelled. What is under way goes on. This cannot be undone.', go: 'Cancel the work', path: '/admin/deferred/cancel' },
    drill: { title: () => 'Drill the policy in force', does: 'The outages that the policy names are replayed in virtual time, in a process of its own at the lowest priority. No call meets a fault, and no provider is asked.', go: 'Drill', path: '/admin/drills' },
    ack: { title: (what) => `Acknowledge: ${what}`, does: 'It stops repeating; it is over when it is over.', go: 'Acknowledge' },
  };
  let pulled = null;

  async function session() {
    const answer = await fetch('/admin/session', { headers: { accept: 'application/json' } });
    return answer.ok ? answer.json() : null;
  }

  async function post(path, body) {
    const mine = await session();
    if (!mine) return { trouble: 'You are not signed in any more.' };
    const answer = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-understudy-antiforgery': mine.antiforgery ?? '' },
      body: JSON.stringify(body),
    });
    const told = await answer.json().catch(() => ({}));
    return answer.ok ? { told } : { trouble: told.error?.message ?? `The gateway answered ${answer.status}.` };
  }

  function say(text) {
    const said = byId('said');
    said.textContent = text;
    said.classList.add('shown');
    clearTimeout(say.timer);
    say.timer = setTimeout(() => said.classList.remove('shown'), 8000);
  }

  function named(what) { return what === 'all' ? 'everything' : what; }

  function open(button) {
    const lever = levers[button.dataset.lever];
    pulled = { verb: button.dataset.lever, what: button.dataset.what, target: button.dataset.target, path: button.dataset.path ?? lever.path ?? `/admin/${button.dataset.lever}`, lever };
    byId('lever-form').reset();
    byId('lever-title').textContent = lever.title(named(pulled.what), pulled.target);
    byId('lever-does').textContent = lever.does;
    byId('lever-go').textContent = lever.go;
    byId('lever-go').classList.toggle('danger', ['kill', 'chaos', 'abort', 'cancel'].includes(pulled.verb));
    byId('lever-until-row').hidden = !lever.until;
    byId('lever-fault-row').hidden = !lever.fault;
    byId('lever-until').lastElementChild.hidden = byId('lever-until').lastElementChild.disabled = !!lever.ends;
    byId('lever-in-flight-row').hidden = !lever.inFlight;
    byId('lever-trouble').textContent = '';
    byId('lever').showModal();
    byId('lever-why').focus();
  }

  function words(told) {
    const what = named(pulled.what);
    const end = told.until ? ` until ${new Date(told.until).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}` : '';
    switch (pulled.verb) {
      case 'kill': return `${what} is killed${end}.${told.broken_off ? ` ${told.broken_off} calls were broken off and go on elsewhere.` : ''}`;
      case 'drain': return `${what} is drained${end}. ${told.under_way ?? 0} calls still run there.`;
      case 'chaos': return `Practice has begun: ${told.id}.`;
      case 'drill': return `${told.running.length} ${told.running.length === 1 ? 'drill runs' : 'drills run'} now.`;
      case 'cancel': return `${told.cancelled} pieces of work on ${what} were cancelled.`;
      case 'abort': return `${what} is over.`;
      case 'pin': return `${what} is pinned to ${pulled.target}${end}.`;
      case 'revive': return `${what} goes its own way again.`;
      default: return `${what}: done.`;
    }
  }

  // The inbox's desk. What people wrote comes from the admin API to whoever answers it, and goes nowhere else.
  let question = null;

  function line(who, text) {
    const entry = document.createElement('p');
    const name = document.createElement('b');
    name.textContent = who;
    entry.append(name, text);
    return entry;
  }

  async function sit(id) {
    question = id;
    byId('desk-form').reset();
    byId('desk-trouble').textContent = byId('desk-facts').textContent = '';
    byId('desk-earlier').replaceChildren();
    byId('desk').showModal();
    const { trouble } = await post(`/admin/inbox/${id}/claim`, {});
    if (trouble) byId('desk-trouble').textContent = trouble;
    const answer = await fetch(`/admin/inbox/${id}`, { headers: { accept: 'application/json' } });
    if (!answer.ok) { byId('desk-trouble').textContent ||= 'It does not wait any more.'; return; }
    const asked = await answer.json();
    byId('desk-facts').textContent = `In ${asked.inbox}, from ${asked.client ?? 'somebody without a key'}; gives up in ${Math.round(asked.seconds_left / 60)} min.${asked.form === 'json' ? ' The caller reads JSON only.' : ''}`;
    byId('desk-earlier').replaceChildren(
      ...(asked.system ? [line('instructions', asked.system)] : []),
      ...asked.earlier.map((turn) => line(turn.role, turn.text)),
      line('asks', asked.question),
      ...(asked.draft ? [line(`answered before by ${asked.draft.served_by}`, asked.draft.text)] : []));
    byId('desk-earlier').scrollTop = byId('desk-earlier').scrollHeight;
    byId('desk-text').focus();
  }

  async function act(verb) {
    if (verb === 'close') { byId('desk').close(); return; }
    const text = byId('desk-text').value.trim();
    const { told, trouble } = await post(`/admin/inbox/${question}/${verb}`, text && verb !== 'hand-back' ? { text } : {});
    if (trouble) { byId('desk-trouble').textContent = trouble; return; }
    byId('desk').close();
    say({ answer: 'The answer is on its way to the caller.', 'hand-back': 'It goes on down the ladder.', drop: 'The caller was told that nobody answers.' }[verb] ?? told.action);
  }

  // What was captured on purpose: asked for by an admin alone, and each look is written down.
  async function read(id) {
    byId('capture-facts').textContent = 'One moment…';
    byId('capture-said').replaceChildren();
    byId('capture').showModal();
    const answer = await fetch(`/admin/captures/${id}`, { headers: { accept: 'application/json' } });
    const call = await answer.json().catch(() => ({}));
    if (!answer.ok) { byId('capture-facts').textContent = call.error?.message ?? 'The gateway did not answer.'; return; }
    byId('capture-facts').textContent = `${call.model} for ${call.client || 'somebody without a key'}, ${call.status}. ${call.redacted} ${call.redacted === 1 ? 'place was' : 'places were'} redacted before it was kept. That you read it is in the audit.`;
    const part = (name, value) => {
      const block = line(name, '');
      const text = document.createElement('pre');
      text.textContent = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
      block.append(text);
      return block;
    };
    byId('capture-said').replaceChildren(part('request', call.request), part('answer', call.answer));
  }

  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('button');
    if (!button) return;
    if (button.dataset.lever) open(button);
    if (button.dataset.question) sit(button.dataset.question);
    if (button.dataset.desk) act(button.dataset.desk);
    if (button.dataset.capture) read(button.dataset.capture);
    if ('captureClose' in button.dataset) byId('capture').close();
    if (button.id === 'lever-cancel') byId('lever').close();
    if ('themeToggle' in button.dataset) {
      const root = document.documentElement;
      const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
      root.dataset.theme = dark ? 'light' : 'dark';
      try { localStorage.setItem('understudy-theme', root.dataset.theme); } catch { /* a browser that keeps nothing */ }
    }
  });

  document.addEventListener('submit', async (event) => {
    const form = event.target;
    if (form.id === 'desk-form') {
      event.preventDefault();
      await act('answer');
    } else if (form.id === 'lever-form') {
      event.preventDefault();
      const go = byId('lever-go');
      go.disabled = true;
      try {
        const body = ['ack', 'drill'].includes(pulled.verb) ? {} : pulled.verb === 'abort' ? { id: pulled.what }
          : pulled.verb === 'chaos' ? { what: pulled.what, fault: { kind: form.fault.value }, share: Number(form.share.value), for: form.for.value }
          : pulled.verb === 'pin' ? { route: pulled.what, target: pulled.target } : { what: pulled.what };
        if (form.why.value.trim()) body.why = form.why.value.trim();
        if (pulled.lever.until && form.until.value) body.until = form.until.value;
        if (pulled.lever.inFlight && form.in_flight.checked) body.in_flight = true;
        const { told, trouble } = await post(pulled.path, body);
        if (trouble) { byId('lever-trouble').textContent = trouble; return; }
        byId('lever').close();
        say(words(told));
      } catch {
        byId('lever-trouble').textContent = 'The gateway did not answer.';
      } finally {
        go.disabled = false;
      }
    } else if ('signout' in form.dataset && !form.antiforgery.value) {
      event.preventDefault();
      form.antiforgery.value = (await session())?.antiforgery ?? 'gone';
      form.submit();
    }
  });

  window.understudyRoom = { offset: () => -new Date().getTimezoneOffset() };
})();

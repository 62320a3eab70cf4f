// The inbox: questions come by the admin API to this page, and answers go back by it. Text is only ever text here.
(() => {
  const byId = (id) => document.getElementById(id);
  const desk = byId('inbox');
  let questions = [], chosen = null, shown = null, claimed = null, events = null, ticking = null, asking = 0;

  async function get(path) {
    const answer = await fetch(path, { headers: { accept: 'application/json' } });
    return answer.ok ? answer.json() : null;
  }

  async function post(act, body) {
    const mine = await get('/admin/session');
    if (!mine) return { trouble: 'You are not signed in any more.' };
    const answer = await fetch(`/admin/inbox/${encodeURIComponent(shown.id)}/${act}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-understudy-antiforgery': mine.antiforgery ?? '' },
      body: JSON.stringify(body),
    });
    const told = await answer.json().catch(() => ({}));
    return answer.ok ? { told } : { trouble: told.error?.message ?? `The gateway answered ${answer.status}.` };
  }

  function made(name, text, style) {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (style) element.className = style;
    return element;
  }

  const left = (question) => Math.max(0, Math.round((new Date(question.until) - Date.now()) / 1000));
  const clock = (seconds) => (seconds >= 60 ? `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s` : `${seconds} s`);
  const isTaken = (question) => question.claimed_by && question.claimed_by !== claimed?.who && new Date(question.claimed_until) > Date.now();

  async function refresh() {
    const mine = ++asking;
    const told = await get('/admin/inbox').catch(() => null);
    if (mine !== asking || !desk.open) return; // a later look has the newer truth
    if (!told) { byId('inbox-count').textContent = 'You may not open the inbox, or the gateway is gone.'; return; }
    questions = told.questions;
    byId('inbox-count').textContent = questions.length === 0 ? '' : questions.length === 1 ? 'one question' : `${questions.length} questions`;
    byId('inbox-empty').hidden = questions.length > 0;
    list();
    if (chosen && !questions.some((question) => question.id === chosen)) over();
    if (!chosen && questions.length > 0 && !byId('question-answer').value) await choose(questions[0].id);
  }

  function list() {
    byId('inbox-list').replaceChildren(...questions.map((question) => {
      const item = made('li');
      const button = made('button', undefined, 'waits');
      button.type = 'button';
      button.dataset.question = question.id;
      if (question.id === chosen) button.setAttribute('aria-current', 'true');
      const head = made('span', undefined, 'waits-head');
      head.append(made('b', question.inbox), made('span', question.client ?? 'no key'));
      const rest = made('span', clock(left(question)), 'waits-clock');
      rest.dataset.until = question.until;
      head.append(rest);
      button.append(head, made('span', question.question, 'waits-words'));
      if (isTaken(question)) button.append(made('small', `${question.claimed_by} is at it`));
      item.append(button);
      return item;
    }));
  }

  async function choose(id) {
    const told = await get(`/admin/inbox/${encodeURIComponent(id)}`);
    if (!told) return refresh();
    [chosen, shown, claimed] = [id, told, null];
    byId('question-form').reset();
    byId('question-trouble').textContent = '';
    byId('question-title').textContent = `${told.inbox}: ${told.client ?? 'a caller without a key'} waits`;
    byId('question-text').textContent = told.question;
    byId('question-why').replaceChildren(...told.why.map((why) => made('li', why)));
    byId('question-system').textContent = told.system;
    byId('question-system-row').hidden = !told.system;
    byId('question-earlier').replaceChildren(...told.earlier.map((turn) => {
      const item = made('li', undefined, turn.role);
      item.append(made('b', turn.role === 'assistant' ? 'the model' : turn.role === 'user' ? 'the caller' : 'an instruction'), made('p', turn.text));
      return item;
    }));
    byId('question-earlier-row').hidden = told.earlier.length === 0;
    byId('question-cut').hidden = !told.cut;
    byId('question-draft').hidden = !told.draft;
    byId('question-hint').textContent = told.form === 'json'
      ? 'This caller is a program: it reads nothing but a JSON object or array.'
      : 'It goes out as the whole answer, as you write it.';
    byId('question').hidden = false;
    byId('question-none').hidden = true;
    list();
    tick();
  }

  /** The question that is shown has ended, by another hand or by its clock. */
  function over() {
    const mine = byId('question-answer').value.trim();
    if (mine && shown) {
      byId('question-trouble').textContent = 'It is over: somebody was sooner, the caller left, or the time was up. What you wrote was not sent.';
      chosen = null;
      return;
    }

    close();
  }

  function close() {
    [chosen, shown, claimed] = [null, null, null];
    byId('question-form').reset();
    byId('question').hidden = true;
    byId('question-none').hidden = false;
  }

  function tick() {
    for (const rest of document.querySelectorAll('.waits-clock')) rest.textContent = clock(left({ until: rest.dataset.until }));
    if (!shown) return;
    const facts = [`${clock(left(shown))} left`, `route ${shown.route}`, shown.use_case, `asked for ${shown.model}`, shown.id];
    if (claimed) facts.push(`yours until ${new Date(claimed.until).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`);
    byId('question-facts').textContent = facts.join(' · ');
    byId('question').classList.toggle('urgent', left(shown) < 60);
  }

  /** Who begins to write keeps others away; it lasts two minutes, and is asked for again while somebody writes. */
  async function claim() {
    if (!shown || !chosen || (claimed && new Date(claimed.until) - Date.now() > 60_000)) return;
    const of = shown.id;
    claimed = { until: Date.now() + 120_000, who: claimed?.who };
    const { told, trouble } = await post('claim', {});
    if (shown?.id !== of) return;
    claimed = told ? { until: told.until, who: told.who } : null;
    if (trouble) byId('question-trouble').textContent = trouble;
    list(); // the news of it was here before we knew that it is ours
    tick();
  }

  async function act(verb, body, said) {
    const why = byId('question-remark').value.trim();
    if (why) body.why = why;
    const buttons = [...byId('question-form').querySelectorAll('button')];
    buttons.forEach((button) => { button.disabled = true; });
    try {
      const { trouble } = await post(verb, body);
      if (trouble) { byId('question-trouble').textContent = trouble; return; }
      close();
      byId('inbox-count').textContent = said;
      await refresh();
      byId('inbox-count').textContent = said;
      (byId('inbox-list').querySelector('button') ?? byId('inbox-close')).focus();
    } catch {
      byId('question-trouble').textContent = 'The gateway did not answer.';
    } finally {
      buttons.forEach((button) => { button.disabled = false; });
    }
  }

  function open() {
    if (desk.open) return;
    desk.showModal();
    close();
    refresh();
    events = new EventSource('/admin/events');
    events.addEventListener('question', refresh);
    events.onopen = refresh; // what happened while the line was down
    ticking = setInterval(tick, 1000);
  }

  desk.addEventListener('close', () => {
    events?.close();
    clearInterval(ticking);
    close();
    byId('inbox-list').replaceChildren();
  });

  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('button');
    if (!button) return;
    if ('inbox' in button.dataset) open();
    if (button.dataset.question) choose(button.dataset.question).then(() => byId('question-answer').focus());
    if (button.id === 'inbox-close') desk.close();
    if (button.id === 'question-draft') { byId('question-answer').value = shown.draft.text; byId('question-answer').focus(); claim(); }
    if (button.id === 'question-back') act('hand-back', {}, 'Handed back: the models are asked once more.');
    if (button.id === 'question-drop') {
      const text = byId('question-answer').value.trim();
      act('drop', text ? { text } : {}, text ? 'Closed; the caller was told what you wrote.' : 'Closed; the caller was told.');
    }
  });

  byId('question-answer').addEventListener('input', claim);
  byId('question-form').addEventListener('submit', (event) => {
    event.preventDefault();
    act('answer', { text: byId('question-answer').value }, 'Sent: the caller has your answer.');
  });
})();

(() => {
  const report = JSON.parse(document.getElementById('report').textContent);
  const tip = document.getElementById('tip');
  const all = report.strategies;
  const engine = all[0].timeline;
  const number = (value, digits) => value.toLocaleString('en-US', { maximumFractionDigits: digits });
  const each = (read) => (bin) => all.map((one) => [one.name, read(one.timeline, bin)]);
  const upTo = (values, bin) => values.slice(0, bin + 1).reduce((sum, value) => sum + value, 0);
  const rows = {
    outage: (bin) => [
      ['requests to the sick provider', number(engine.sickAsked[bin])],
      ['of them bad', number(engine.sickBad[bin])]],
    served: (bin) => [
      ...engine.served.map((target) => [target.by, number(target.calls[bin])]),
      ['no whole answer', number(engine.failed[bin])],
      ...engine.breakers.map((breaker) => [breaker.target + ' open', number(breaker.openMinutes[bin], 1) + ' min'])],
    first: each((line, bin) => line.firstTokenP95[bin] < 0 ? '–' : number(line.firstTokenP95[bin] / 1000, 1) + ' s'),
    money: each((line, bin) => '$' + number(upTo(line.wastedUsd, bin), 2)),
    quota: each((line, bin) => number(100 * line.quotaLeft[bin], 0) + ' %'),
  };
  const clock = (minute) => {
    const whole = Math.round(Math.abs(minute));
    const text = whole >= 2880 ? `day ${number(whole / 1440, 1)}` : whole >= 180 ? `${Math.floor(whole / 60)} h ${whole % 60} min` : `${whole} min`;
    return minute < 0 ? `${text} before` : text;
  };

  for (const chart of document.querySelectorAll('svg[data-chart]')) {
    const cross = chart.querySelector('.cross');
    const left = Number(chart.dataset.left);
    const width = Number(chart.dataset.width);
    const read = rows[chart.dataset.chart];
    chart.addEventListener('pointermove', (event) => {
      const box = chart.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width * chart.viewBox.baseVal.width;
      const bin = Math.floor((x - left) / width * engine.calls.length);
      if (!read || bin < 0 || bin >= engine.calls.length) { leave(); return; }
      cross.setAttribute('x1', x);
      cross.setAttribute('x2', x);
      cross.setAttribute('visibility', 'visible');
      tip.replaceChildren();
      const head = document.createElement('b');
      head.textContent = clock(engine.fromMinute + bin * engine.binMinutes);
      tip.append(head);
      for (const [name, value] of read(bin)) {
        const line = document.createElement('div');
        line.textContent = `${name}: ${value}`;
        tip.append(line);
      }
      tip.hidden = false;
      tip.style.left = Math.min(event.clientX + 16, innerWidth - tip.offsetWidth - 8) + 'px';
      tip.style.top = Math.min(event.clientY + 16, innerHeight - tip.offsetHeight - 8) + 'px';
    });
    const leave = () => { tip.hidden = true; cross.setAttribute('visibility', 'hidden'); };
    chart.addEventListener('pointerleave', leave);
  }
})();

// Before the page is drawn: the theme that was chosen here, or none, and then the system's holds.
(() => {
  const chosen = (() => { try { return localStorage.getItem('understudy-theme'); } catch { return null; } })();
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
})();

// 系统状态: whoever presses 检查 sees that something is going on until the page comes back.

for (const form of document.querySelectorAll('form[data-busy]')) {
  form.addEventListener('submit', () => {
    const button = form.querySelector('button');
    button.disabled = true;
    button.textContent = form.dataset.busy;
  });
}

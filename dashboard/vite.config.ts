import { defineConfig } from 'vite'

const gateway = 'http://localhost:8787'

export default defineConfig({
  // Relative, so that the page also works below a path of another server.
  base: './',
  build: {
    outDir: '../dist/dashboard',
    emptyOutDir: true,
    // Everything is a file of its own: the page's CSP knows no inline script, style or font.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['index.html', 'claim.html'].map((page) => `${import.meta.dirname}/${page}`) },
  },
  server: { proxy: { '/v1': gateway, '/readyz': gateway } },
})

// The view is in the fragment: #/zones/example.com.
const parts = () => location.hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(decodeURIComponent);

export const route = $state({ parts: parts() });

addEventListener('hashchange', () => {
  route.parts = parts();
});

export const link = (...to) => '#/' + to.map(encodeURIComponent).join('/');

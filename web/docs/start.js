// The description of the API, shown by Swagger UI. What is tried out goes to this daemon, with the token of the tab, which
// is not to be seen in the command lines that are shown with the answers.
window.SwaggerUIBundle({
  url: '/docs/openapi.yaml',
  dom_id: '#api',
  deepLinking: true,
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
  showMutatedRequest: false,
  requestInterceptor: (request) => {
    const token = sessionStorage.getItem('tutti-token');
    if (token && !request.headers.Authorization) request.headers.Authorization = `Bearer ${token}`;
    return request;
  },
});

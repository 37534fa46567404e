// Files that are embedded in the program as text.
declare module "*.sql" {
  const text: string;
  export default text;
}
declare module "*.css" {
  const text: string;
  export default text;
}
declare module "*/setup.js" {
  const text: string;
  export default text;
}
declare module "swagger-ui-dist/*" {
  const text: string;
  export default text;
}

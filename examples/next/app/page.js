// Made anew at most once a minute, and kept in the cache meanwhile.
export const revalidate = 60;

export default function Page() {
  return <h1>Tides, as of {new Date().toISOString()}</h1>;
}

export const dynamic = "force-dynamic";

export function GET() {
  return Response.json({ unit: "m", at: Date.now() });
}

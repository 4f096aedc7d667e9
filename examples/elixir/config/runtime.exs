import Config

config :knots, port: String.to_integer(System.get_env("PORT", "3000"))

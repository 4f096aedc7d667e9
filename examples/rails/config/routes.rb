# frozen_string_literal: true

Rails.application.routes.draw do
  root "notices#index"
  get "notices", to: "notices#list"
end

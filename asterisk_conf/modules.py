"""The modules Asterisk loads for Jiesu, in an order that satisfies them; nothing else is loaded."""

from __future__ import annotations

from typing import Final

MODULES: Final = (
    # sound: codecs, formats, timing, bridges
    "codec_alaw codec_ulaw codec_a_mu codec_resample codec_g722 codec_opus_open_source "
    "res_format_attr_opus format_wav format_pcm format_sln "
    "res_timing_timerfd bridge_simple bridge_native_rtp bridge_softmix bridge_holding "
    "bridge_builtin_features bridge_builtin_interval_features "
    "res_crypto res_rtp_asterisk res_srtp res_musiconhold "
    # SIP, with browsers
    "res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjproject res_http_websocket "
    "res_pjsip res_pjsip_session res_pjsip_pubsub res_pjsip_outbound_publish res_pjsip_sdp_rtp "
    "res_pjsip_caller_id res_pjsip_rfc3326 res_pjsip_nat res_pjsip_path res_pjsip_registrar "
    "res_pjsip_outbound_authenticator_digest res_pjsip_outbound_registration "
    "res_pjsip_authenticator_digest res_pjsip_endpoint_identifier_user "
    "res_pjsip_endpoint_identifier_ip res_pjsip_dtmf_info res_pjsip_header_funcs res_pjsip_refer "
    "res_pjsip_acl res_pjsip_dlg_options res_pjsip_empty_info res_pjsip_logger "
    "res_pjsip_exten_state res_pjsip_transport_websocket chan_pjsip res_security_log "
    # a call's sound to and from a program: listening at a conversation, a machine that speaks
    "res_audiosocket app_audiosocket chan_audiosocket res_websocket_client chan_websocket "
    "app_chanspy func_periodic_hook func_uri app_mixmonitor res_mutestream "
    # the dialplan
    "pbx_config app_dial app_queue app_playback app_userevent app_exec app_stack app_verbose "
    "app_cdr app_originate app_echo func_callerid func_channel func_cdr func_uuid func_logic "
    "func_strings func_global func_hangupcause func_pjsip_endpoint func_pjsip_aor "
    "func_pjsip_contact func_math func_cut func_export func_groupcount func_devstate func_env "
    # records
    "cdr_csv"
).split()
"""Names without `.so`."""

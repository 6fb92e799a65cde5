(** One layer of a network: the gradients that its equations print, for a sensitivity s of its result.

    [layer_printed]: <s, Df h> is the sum, over the tensors that h moves, of <printed gradient, h>. *)

From Coq Require Import Reals List Arith Lia Bool ZArith QArith Qreals Lra FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Equations Derivatives Polynomials Pairing.
Import ListNotations.
Open Scope R_scope.

Section Printed.
  Variable F : functions.
  Variable dims : name -> list Z.

  (** The printed gradient of tensor t by layer l, if its result has the sensitivity s. *)
  Definition with_sensitivity (l : layer) (T : tensors) (s : Z -> R) : tensors :=
    fun t p => if same_name t (bar (target (result l))) then s p else T t p.
  Definition printed (l : layer) (T : tensors) (s : Z -> R) (t : name) (q : Z) : R :=
    sum_list (gradients l) (fun g => if same_name (target g) t then value F dims (run F dims (chain l) (with_sensitivity l T s)) g q else 0).

  Definition reads_no_sensitivity (l : layer) : bool :=
    forallb (fun d => negb (reads_name (bar (target (result l))) (body d))) (forward l).

  (** ** One layer: <s, Df h> is the sum of <printed gradient, direction> over the tensors that move *)

  Lemma run_app : forall a b T, run F dims (a ++ b) T = run F dims b (run F dims a T).
  Proof. induction a as [|d a IH]; intros b T; cbn [run app]; [reflexivity | apply IH]. Qed.
  Lemma push_app : forall a b T D, push F dims (a ++ b) T D = push F dims b (run F dims a T) (push F dims a T D).
  Proof. induction a as [|d a IH]; intros b T D; cbn [run push app]; [reflexivity | apply IH]. Qed.

  Lemma chain_unread : forall b chain T T' D, (forall d, In d chain -> ~ In b (reads (body d))) ->
    (forall t, t <> b -> T t = T' t) -> forall t, push F dims chain T D t = push F dims chain T' D t.
  Proof.
    intros b. induction chain as [|d rest IH]; intros T T' D Hb HT t; cbn [push]; [reflexivity|].
    assert (Hd : forall t, In t (reads (body d)) -> T t = T' t).
    { intros t' Ht. apply HT. intros ->. now apply (Hb d (or_introl eq_refl)). }
    assert (Hc : change F dims T D d = change F dims T' D d).
    { apply functional_extensionality. intro p. apply tangent_reads. intros t' Ht. split; [now apply Hd | reflexivity]. }
    assert (Hv : value F dims T d = value F dims T' d).
    { apply functional_extensionality. intro p. now apply eval_reads. }
    rewrite Hc, Hv. apply IH; [intros d' Hin; apply Hb; now right|].
    intros t' Ht. apply functional_extensionality. intro p. unfold define. now rewrite HT.
  Qed.

  (** Gradients collected by tensor. *)
  Lemma collected : forall names (gs : list equation) (v : equation -> Z -> R) (D : tensors), NoDup names ->
    (forall g, In g gs -> In (target g) names \/ forall q, D (target g) q = 0) ->
    sum_list gs (fun g => sum_list (entries dims (target g)) (fun q => v g q * D (target g) q)) =
    sum_list names (fun t => sum_list (entries dims t) (fun q =>
      sum_list gs (fun g => if same_name (target g) t then v g q else 0) * D t q)).
  Proof.
    intros names gs v D Hn. induction gs as [|g gs IH]; intro H.
    - symmetry. apply sum_list_zero. intros t _. apply sum_list_zero. intros q _. simpl. ring.
    - rewrite sum_list_cons, IH by (intros g' Hg; apply H; now right).
      transitivity (sum_list names (fun t => sum_list (entries dims t) (fun q => (if same_name (target g) t then v g q else 0) * D t q))
        + sum_list names (fun t => sum_list (entries dims t) (fun q =>
          sum_list gs (fun g => if same_name (target g) t then v g q else 0) * D t q))).
      + f_equal. specialize (H g (or_introl eq_refl)). clear - H Hn. induction names as [|t names IHn].
        * destruct H as [[]|H]. apply (sum_list_zero Z). intros q _. rewrite H. ring.
        * inversion Hn as [|? ? Hout Hn']; subst. rewrite sum_list_cons. destruct (name_eq_dec (target g) t) as [E|Hne].
          -- subst t. rewrite same_name_refl, (sum_list_zero name names); [ring|].
             intros t Ht. apply sum_list_zero. intros q _. unfold same_name.
             destruct (name_eq_dec (target g) t) as [E|_]; [subst t; contradiction | ring].
          -- rewrite (sum_list_zero Z (entries dims t)).
             ++ rewrite Rplus_0_l. apply IHn; [exact Hn'|]. destruct H as [[E|Hin]|H]; [congruence | now left | now right].
             ++ intros q _. unfold same_name. destruct (name_eq_dec (target g) t); [contradiction | ring].
      + rewrite <- sum_list_plus. apply sum_list_ext. intros t _. rewrite <- sum_list_plus. apply sum_list_ext. intros q _.
        rewrite sum_list_cons. ring.
  Qed.

  Lemma layer_printed : forall l T D s names, well_formed l = true -> pairing_holds F dims l -> reads_no_sensitivity l = true -> (forall t p, moves t = false -> D t p = 0) ->
    NoDup names -> (forall g, In g (gradients l) -> In (target g) names \/ forall q, D (target g) q = 0) ->
    (is_cost l = true -> forall p, s p = 1) ->
    sum_list (entries dims (target (result l))) (fun p => s p * push F dims (forward l) T D (target (result l)) p) =
    sum_list names (fun t => sum_list (entries dims t) (fun q => printed l T s t q * D t q)).
  Proof.
    intros l T D s names Hl Hidentity Hno still Hn Hnames one.
    assert (Hone : is_cost l = true -> forall p, with_sensitivity l T s (bar (target (result l))) p = 1).
    { intros Hs p. unfold with_sensitivity. rewrite same_name_refl. now apply one. }
    pose proof (layer_adjoint F dims l (with_sensitivity l T s) D Hl Hidentity still Hone) as H. cbv zeta in H.
    rewrite (collected names (gradients l) _ D Hn Hnames) in H. unfold printed. rewrite <- H.
    apply sum_list_ext. intros p _. unfold with_sensitivity at 1. rewrite same_name_refl. f_equal.
    unfold chain. rewrite push_app, (push_other F dims (positions l ++ backward l)).
    - apply (f_equal (fun t : Z -> R => t p)). apply (chain_unread (bar (target (result l)))).
      + unfold reads_no_sensitivity in Hno. rewrite forallb_forall in Hno. intros d Hd. apply Hno in Hd.
        apply negb_true_iff in Hd. now apply reads_name_false.
      + intros t Ht. apply functional_extensionality. intro q. unfold with_sensitivity, same_name.
        now destruct (name_eq_dec t _).
    - unfold well_formed in Hl. do 3 apply andb_prop in Hl as [Hl _]. apply andb_prop in Hl as [_ Hnot].
      apply negb_true_iff in Hnot. intro Hin. rewrite <- not_true_iff_false in Hnot. apply Hnot.
      apply existsb_exists. eexists. split; [exact Hin | apply same_name_refl].
  Qed.
End Printed.

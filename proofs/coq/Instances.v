(** A layer of a network as an instance of one that is proved for all sizes.

    The sizes are numbers then, and the tensors have other names: a layer's inputs may be activations, data or parameters of
    the network.  Of what reads data no gradient is printed. *)

From Coq Require Import Reals List Arith Lia Bool ZArith QArith Qreals Lra.
From Dyadic Require Import Equations Derivatives Polynomials Pairing Emitted.
Import ListNotations.
Open Scope R_scope.

(** input k: what the layer reads in its k-th place. *)
Record renaming := Renaming { input : nat -> name; parameter_number : nat -> nat; datum_number : nat -> nat; inner_number : nat -> nat }.
(** No tensor inside a layer. *)
Definition outer (t : name) : name := match t with Inner k | Sensitivity k => Activation k | t => t end.

Section Instances.
  Variable r : renaming.

  Definition rename (t : name) : name :=
    match t with
    | Param k => Param (parameter_number r k)
    | Activation k => outer (input r k)
    | Datum k => Datum (datum_number r k)
    | Inner k => Inner (inner_number r k)
    | Sensitivity k => Sensitivity (inner_number r k)
    end.
  Fixpoint renamed (a : expr) : expr :=
    match a with
    | Number q => Number q
    | Entry t is => Entry (rename t) is
    | Add a b => Add (renamed a) (renamed b)
    | Mul a b => Mul (renamed a) (renamed b)
    | Apply f o a => Apply f o (renamed a)
    | Sum k n a => Sum k n (renamed a)
    | LogSumExp k n gs a => LogSumExp k n gs (renamed a)
    | Maximum k n gs a => Maximum k n gs (renamed a)
    | ArgMax k n gs a => ArgMax k n gs (renamed a)
    | IndexIs i a => IndexIs i (renamed a)
    | Bracket b => Bracket b
    end.
  Definition renamed_equation (d : equation) : equation := Equation (rename (target d)) (indices d) (renamed (body d)).
  Definition has_gradient (d : equation) : bool := moves (target d).
  Definition renamed_layer (l : layer) : layer :=
    Layer (is_cost l) (map renamed_equation (inner l)) (renamed_equation (result l)) (map renamed_equation (positions l))
      (map renamed_equation (backward l)) (filter has_gradient (map renamed_equation (gradients l))).

  Variable dims kind_dims : name -> list Z.

  Definition same_extents (t : name) : bool := if list_eq_dec Z.eq_dec (shape dims (rename t)) (shape kind_dims t) then true else false.
  Definition equations (l : layer) : list equation := forward l ++ positions l ++ backward l ++ gradients l.
  (** Every tensor has the shape that it has for these sizes, and the definitions are those of tensors inside the layer. *)
  Definition shapes_agree (l : layer) : bool :=
    forallb (fun d => same_extents (target d) && forallb same_extents (reads (body d))) (equations l) &&
    forallb (fun d => is_local (target d)) (forward l).

  Lemma same_extents_eq : forall t, same_extents t = true -> shape dims (rename t) = shape kind_dims t.
  Proof. intros t H. unfold same_extents in H. now destruct (list_eq_dec _ _ _). Qed.
  Lemma rename_unbar : forall t, rename (unbar t) = unbar (rename t).
  Proof. intros [k|k|k|k|k]; cbn; try reflexivity. now destruct (input r k). Qed.

  Variable F : functions.

  Lemma eval_renamed : forall a T e, forallb same_extents (reads a) = true ->
    eval F dims T e (renamed a) = eval F kind_dims (fun t => T (rename t)) e a.
  Proof.
    induction a as [q|t is|a IHa b IHb|a IHa b IHb|f o a IH|k n a IH|k n gs a IH|k n gs a IH|k n gs a IH|i a IH|b];
      intros T e H; cbn [renamed eval reads] in *; try reflexivity.
    - cbn [forallb] in H. apply andb_prop in H as [H _]. now rewrite (same_extents_eq t H).
    - rewrite forallb_app in H. apply andb_prop in H as [Ha Hb]. now rewrite IHa, IHb.
    - rewrite forallb_app in H. apply andb_prop in H as [Ha Hb]. now rewrite IHa, IHb.
    - now rewrite IH.
    - apply sum_list_ext. intros v _. now apply IH.
    - f_equal. apply sum_list_ext. intros v _. f_equal. now apply IH.
    - rewrite (argmax_ext _ _ (fun v => eval F kind_dims (fun t => T (rename t)) (set e k v) a)) by (intro; now apply IH). now apply IH.
    - f_equal. apply argmax_ext. intro. now apply IH.
    - now rewrite IH.
  Qed.
  Lemma tangent_renamed : forall a T D e, forallb same_extents (reads a) = true ->
    tangent F dims T D e (renamed a) = tangent F kind_dims (fun t => T (rename t)) (fun t => D (rename t)) e a.
  Proof.
    induction a as [q|t is|a IHa b IHb|a IHa b IHb|f o a IH|k n a IH|k n gs a IH|k n gs a IH|k n gs a IH|i a IH|b];
      intros T D e H; cbn [renamed tangent reads] in *; try reflexivity.
    - cbn [forallb] in H. apply andb_prop in H as [H _]. now rewrite (same_extents_eq t H).
    - rewrite forallb_app in H. apply andb_prop in H as [Ha Hb]. now rewrite IHa, IHb.
    - rewrite forallb_app in H. apply andb_prop in H as [Ha Hb]. now rewrite IHa, IHb, !eval_renamed.
    - now rewrite IH, eval_renamed.
    - apply sum_list_ext. intros v _. now apply IH.
    - cbv zeta. apply sum_list_ext. intros v _. rewrite IH by exact H. rewrite eval_renamed by exact H. do 5 f_equal.
      apply sum_list_ext. intros w _. now rewrite eval_renamed.
    - rewrite (argmax_ext _ _ (fun v => eval F kind_dims (fun t => T (rename t)) (set e k v) a)) by (intro; now apply eval_renamed). now apply IH.
  Qed.

  (** The identity of a layer for these sizes is that of the network's. *)
  Theorem instance_holds : forall l, shapes_agree l = true -> pairing_holds F kind_dims l -> pairing_holds F dims (renamed_layer l).
  Proof.
    intros l Hagree H T D still solved one. apply andb_prop in Hagree as [Hagree Hlocal].
    rewrite forallb_forall in Hagree, Hlocal.
    assert (Hshape : forall d, In d (equations l) -> shape dims (rename (target d)) = shape kind_dims (target d)).
    { intros d Hd. apply Hagree, andb_prop in Hd as [Hd _]. now apply same_extents_eq. }
    assert (Hat : forall d p, In d (equations l) -> at_entry dims (renamed_equation d) p = at_entry kind_dims d p).
    { intros d p Hd. unfold at_entry. cbn [renamed_equation target indices]. now rewrite Hshape. }
    assert (Hentries : forall d, In d (equations l) -> entries dims (rename (target d)) = entries kind_dims (target d)).
    { intros d Hd. unfold entries. now rewrite Hshape. }
    assert (Hvalue : forall d p, In d (equations l) -> value F dims T (renamed_equation d) p = value F kind_dims (fun t => T (rename t)) d p).
    { intros d p Hd. unfold value. rewrite Hat by exact Hd. apply eval_renamed. now apply Hagree, andb_prop in Hd as [_ Hd]. }
    assert (Hchange : forall d p, In d (equations l) ->
      change F dims T D (renamed_equation d) p = change F kind_dims (fun t => T (rename t)) (fun t => D (rename t)) d p).
    { intros d p Hd. unfold change. rewrite Hat by exact Hd. apply tangent_renamed. now apply Hagree, andb_prop in Hd as [_ Hd]. }
    assert (Hbar : forall d, In d (forward l) -> rename (bar (target d)) = bar (rename (target d))).
    { intros d Hd. apply Hlocal in Hd. now destruct (target d). }
    assert (Hforward : forward (renamed_layer l) = map renamed_equation (forward l)).
    { unfold forward. cbn [renamed_layer inner result]. now rewrite map_app. }
    assert (Hin : forall d, In d (forward l) -> In d (equations l)) by (intros; apply in_or_app; now left).
    specialize (H (fun t => T (rename t)) (fun t => D (rename t))). rewrite Hforward, sum_list_map.
    assert (Hleft : sum_list (forward l) (fun d => sum_list (entries dims (target (renamed_equation d)))
        (fun p => T (bar (target (renamed_equation d))) p * change F dims T D (renamed_equation d) p)) =
      sum_list (forward l) (fun d => sum_list (entries kind_dims (target d)) (fun p => T (rename (bar (target d))) p *
        change F kind_dims (fun t => T (rename t)) (fun t => D (rename t)) d p))).
    { apply sum_list_ext. intros d Hd. cbn [renamed_equation target]. rewrite Hentries by now apply Hin. apply sum_list_ext. intros p _.
      rewrite Hbar by exact Hd. f_equal. apply Hchange. now apply Hin. }
    rewrite Hleft, H; clear Hleft H.
    - cbn [renamed_layer backward gradients]. rewrite !sum_list_app, sum_list_map.
      assert (Hterm : forall d, In d (backward l ++ gradients l) ->
        sum_list (entries dims (target (renamed_equation d))) (fun p => value F dims T (renamed_equation d) p * D (unbar (target (renamed_equation d))) p) =
        sum_list (entries kind_dims (target d)) (fun p => value F kind_dims (fun t => T (rename t)) d p * D (rename (unbar (target d))) p)).
      { intros d Hd. assert (Hd' : In d (equations l)) by (unfold equations; rewrite !in_app_iff in *; tauto).
        cbn [renamed_equation target]. rewrite Hentries by exact Hd'. apply sum_list_ext. intros p _. rewrite rename_unbar. f_equal.
        now apply Hvalue. }
      f_equal.
      + apply sum_list_ext. intros d Hd. symmetry. apply Hterm, in_or_app. now left.
      + assert (Hg : forall d, In d (gradients l) -> _) by (intros d Hd; exact (Hterm d (in_or_app _ _ _ (or_intror Hd)))).
        revert Hg. generalize (gradients l). clear - still. induction l as [|d gs IH]; intro Hg; [reflexivity|]. cbn [map filter].
        rewrite sum_list_cons, IH by (intros; apply Hg; now right). rewrite <- (Hg d) by now left. unfold has_gradient at 2.
        destruct (moves (target (renamed_equation d))) eqn:Hm; [reflexivity|].
        rewrite (sum_list_zero Z (entries dims (target (renamed_equation d)))); [ring|]. intros p _.
        replace (unbar (target (renamed_equation d))) with (target (renamed_equation d)) by now destruct (target (renamed_equation d)).
        rewrite still by exact Hm. ring.
    - intros t p Ht. apply still. now destruct t.
    - intros d p Hd Hp. assert (Hd' : In d (equations l)) by (unfold equations; rewrite !in_app_iff in *; tauto).
      rewrite <- Hvalue by exact Hd'. rewrite <- Hentries in Hp by exact Hd'. apply (solved (renamed_equation d)); [|exact Hp].
      rewrite Hforward. cbn [renamed_layer positions]. rewrite <- map_app. now apply in_map.
    - intros Hc p. specialize (one Hc p). cbn [renamed_layer result renamed_equation target] in one. rewrite Hbar; [exact one|].
      unfold forward. apply in_or_app. right. now left.
  Qed.
End Instances.

(** ** The layers of a network that are known in this way *)

Section Shown.
  Variable F : functions.
  Variable dims : name -> list Z.

  (** The identity of those layers that have the flag. *)
  Fixpoint shown (flags : list bool) (ls : list layer) : Prop :=
    match flags, ls with
    | [], _ => True
    | _ :: _, [] => False
    | flag :: flags, l :: ls => if flag then pairing_holds F dims l /\ shown flags ls else shown flags ls
    end.
  Lemma shown_at : forall flags ls d, shown flags ls -> forall v, nth v flags false = true -> pairing_holds F dims (nth v ls d).
  Proof.
    induction flags as [|flag flags IH]; intros ls d H v Hv; [destruct v; discriminate|].
    destruct ls as [|l ls]; [destruct H|]. cbn [shown] in H. destruct v as [|v]; cbn [nth] in *.
    - rewrite Hv in H. apply H.
    - apply IH; [|exact Hv]. destruct flag; [apply H | exact H].
  Qed.
  Theorem shown_holds : forall flags ls cost, shown flags (ls ++ [cost]) -> forall v, nth v flags false = true ->
    pairing_holds F dims (layer_at (length ls) (fun v => nth v ls cost) cost v).
  Proof.
    intros flags ls cost H v Hv. pose proof (shown_at flags _ cost H v Hv) as E. unfold layer_at.
    destruct (Nat.ltb_spec v (length ls)) as [Hlt|Hge]; [now rewrite app_nth1 in E by exact Hlt|].
    rewrite app_nth2 in E by exact Hge. now destruct (v - length ls)%nat as [|[|k]].
  Qed.
End Shown.

(** Conditions on sizes that are numbers. *)
Ltac sizes_are_positive := vm_compute; repeat split.
